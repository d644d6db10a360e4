"""What is done about the emulator itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from localaws import emulator
from localaws.emulator import create_emulator
from tests.unit.localaws.gate.account import Account

if TYPE_CHECKING:
    from collections.abc import Iterable


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


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Put an application in moto's place that counts how many of its requests run at the same time."""
    running: list[int] = [0, 0]
    lock = threading.Lock()

    def application(_: Any, __: Any) -> Iterable[bytes]:
        with lock:
            running[0] += 1
            running[1] = max(running)
        threading.Event().wait(0.02)
        with lock:
            running[0] -= 1
        return []

    monkeypatch.setattr(emulator, "DomainDispatcherApplication", lambda _: application)
    return running


@pytest.mark.parametrize(
    ("target", "at_once"), [("DynamoDB_20120810.GetItem", 1), ("DynamoDBStreams_20120810.GetRecords", 1), ("", 4)]
)
def test_calls_of_dynamodb_are_carried_out_one_at_a_time(slow: list[int], target: str, at_once: int) -> None:
    """And nobody waits for the others' calls of other services."""
    application = create_emulator()
    environ = {"HTTP_X_AMZ_TARGET": target} if target else {}
    callers = [threading.Thread(target=lambda: list(application(environ, lambda *_: len))) for _ in range(4)]

    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert slow[1] == at_once


def test_an_error_lets_the_next_call_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is given back."""

    def application(_: Any, __: Any) -> Iterable[bytes]:
        raise ZeroDivisionError

    monkeypatch.setattr(emulator, "DomainDispatcherApplication", lambda _: application)
    failing = create_emulator()

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            failing({"HTTP_X_AMZ_TARGET": "DynamoDB_20120810.GetItem"}, lambda *_: len)
