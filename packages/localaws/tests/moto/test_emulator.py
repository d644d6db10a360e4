"""What is done about the emulator itself."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.moto import emulator
from bulkhead_localaws.moto.emulator import create_emulator
from localaws_testing.account import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@pytest.fixture
def account() -> Account:
    """Return an emptied account behind a gate."""
    return Account()


def test_a_failed_transaction_takes_back_nothing_that_others_wrote(account: Account) -> None:
    """Moto puts back whole tables: with writes meanwhile, acknowledged ones of other tenants were lost."""
    account.create_table()
    for number in range(100):
        item = {"pk": {"S": f"acme#{number}"}, "v": {"S": "x"}}
        account.administer("dynamodb", "PutItem", TableName="items", Item=item)
    check = {
        "TableName": "items",
        "Key": {"pk": {"S": "acme#0"}},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    failing = account.request(
        account.operator, "dynamodb", "TransactWriteItems", {"TransactItems": [{"ConditionCheck": check}]}
    )
    codes: set[str] = set()
    done = threading.Event()

    def attack() -> None:
        while not done.is_set():
            codes.add(account.answer(failing.environ()).code)

    attacker = threading.Thread(target=attack)
    attacker.start()
    try:
        for number in range(60):
            account.administer("dynamodb", "PutItem", TableName="items", Item={"pk": {"S": f"globex#{number}"}})
    finally:
        done.set()
        attacker.join()
    kept = account.administer("dynamodb", "Scan", TableName="items", Select="COUNT")

    assert codes == {"TransactionCanceledException"}
    assert kept.json()["Count"] == 160


@pytest.mark.parametrize(
    "operations",
    [
        ["TransactWriteItems"] * 3,
        ["TransactWriteItems", "GetItem", "PutItem"],
        ["GetItem", "TransactWriteItems", "PutItem", "TransactWriteItems", "Query"],
    ],
)
def test_a_transaction_is_carried_out_alone(monkeypatch: pytest.MonkeyPatch, operations: list[str]) -> None:
    """Other calls run together, and nothing runs beside a transaction."""
    others = sum(operation != "TransactWriteItems" for operation in operations)
    meeting = threading.Barrier(max(others, 1))
    running: list[str] = []
    beside: list[tuple[str, ...]] = []
    lock = threading.Lock()

    def application(environ: dict[str, Any], _: Any) -> Iterable[bytes]:
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        with lock:
            running.append(operation)
            beside.extend([tuple(running)] if len(running) > 1 else [])
        if operation == "TransactWriteItems":
            time.sleep(0.02)
        else:
            meeting.wait(10)  # for the others, which must get here as well
        with lock:
            running.remove(operation)
        return []

    monkeypatch.setattr(emulator, "DomainDispatcherApplication", lambda _: application)
    together = create_emulator()
    callers = [
        threading.Thread(
            target=together, args=({"HTTP_X_AMZ_TARGET": f"DynamoDB_20120810.{operation}"}, lambda *_: len)
        )
        for operation in operations
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert not meeting.broken
    assert [at_once for at_once in beside if "TransactWriteItems" in at_once] == []


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Let threads take turns so often that they meet between any two steps."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("hasty_threads")
def test_of_many_conditional_writes_of_one_version_exactly_one_wins(account: Account) -> None:
    """Moto checks the condition and writes in two steps; DynamoDB in one."""
    account.create_table()
    for version in range(30):
        expected = {":old": {"N": str(version)}, ":new": {"N": str(version + 1)}}
        account.administer(
            "dynamodb",
            "PutItem",
            TableName="items",
            Item={"pk": {"S": "acme#0"}, "version": {"N": str(version)}, "text": {"S": "x" * 10_000}},
        )
        update = {
            "TableName": "items",
            "Key": {"pk": {"S": "acme#0"}},
            "ConditionExpression": "version = :old",
            "UpdateExpression": "SET version = :new",
            "ExpressionAttributeValues": expected,
        }
        updating = account.request(account.operator, "dynamodb", "UpdateItem", update)
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: account.answer(updating.environ()).code, range(8)))  # noqa: B023
        assert answers.count("ConditionalCheckFailedException") == 7, answers


@pytest.mark.parametrize("operation", ["GetItem", "PutItem", "TransactWriteItems"])
def test_an_error_lets_the_next_call_in(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    """The lock is given back."""

    def application(_: Any, __: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    monkeypatch.setattr(emulator, "DomainDispatcherApplication", lambda _: application)
    failing = create_emulator()

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            failing({"HTTP_X_AMZ_TARGET": f"DynamoDB_20120810.{operation}"}, lambda *_: len)
