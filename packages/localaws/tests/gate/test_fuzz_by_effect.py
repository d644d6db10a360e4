"""The whole gate, judged by effect: whatever reaches moto for a tenant touches nothing of anybody else's.

Requests are generated, signed with a session of `acme` and sent through the gate into moto. Neither the mapping nor the
evaluation is asked whether it was right: afterwards all items outside acme's partitions are compared, and looked for in
the answer.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from localaws_testing.fuzzed_requests import BODIES, REQUESTS, STATEMENTS, bodies, call, proper_calls, tricks
from localaws_testing.fuzzed_world import FuzzedWorld

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from localaws_testing.raw_requests import RawRequest

pytestmark = pytest.mark.evidence

FUZZING = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
EXECUTED: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _silence() -> Iterator[None]:
    """Nobody reads thousands of refusals."""
    log = logging.getLogger("localaws")
    level = log.level
    log.setLevel(logging.CRITICAL + 1)
    yield
    log.setLevel(level)


@pytest.fixture(scope="module")
def world() -> FuzzedWorld:
    """Return a world whose policy is nothing but the condition on leading keys."""
    return FuzzedWorld(never_scan=False)


def _operation(request: RawRequest) -> str:
    return next((value for name, value in request.headers if name == "X-Amz-Target"), "").rpartition(".")[2]


def _judge(world: FuzzedWorld, request: RawRequest) -> None:
    outcome = world.judge(request)
    EXECUTED[_operation(request)] += outcome.executed
    assert not outcome.wrong, f"{outcome.wrong}: {request} answered {outcome.answer}"


def _judge_all(world: FuzzedWorld, requests: Iterable[RawRequest]) -> None:
    for request in requests:
        outcome = world.judge(request)
        assert not outcome.wrong, f"{outcome.wrong}: {request} answered {outcome.answer}"


@pytest.mark.parametrize("proper", list(proper_calls()), ids=_operation)
def test_no_change_of_a_proper_body_reaches_anybody_else(world: FuzzedWorld, proper: RawRequest) -> None:
    """Each of them on each operation; the request itself is carried out."""
    assert world.judge(proper).executed
    _judge_all(world, bodies(proper))


def test_no_trick_around_a_body_reaches_anybody_else(world: FuzzedWorld) -> None:
    """Headers, hosts, paths, methods, forms, other services and regions, each on its own."""
    get_item, *_ = proper_calls()
    smuggled = replace(get_item, body=get_item.body.replace(b"acme#a", b"acme#&Action=Scan&TableName=items&"))
    for proper in (get_item, smuggled, replace(get_item, body=b"")):
        _judge_all(world, tricks(proper))


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_form_of_partiql_reaches_anybody_else(world: FuzzedWorld, statement: str) -> None:
    """Each of them, as it is and changed in every way."""
    parameters = {"Parameters": [{"S": "acme#a"}]} if "?" in statement else {}
    proper = call("ExecuteStatement", json.dumps({"Statement": statement, **parameters}).encode())
    _judge_all(world, (proper, *bodies(proper)))


@settings(FUZZING, max_examples=2_500)
@given(request=REQUESTS)
def test_nothing_outside_a_tenants_partitions_changes_or_comes_back(world: FuzzedWorld, request: RawRequest) -> None:
    """With a policy that allows every action of DynamoDB, PartiQL included, under the condition on leading keys."""
    _judge(world, request)


def test_the_requests_that_were_carried_out_are_of_every_kind() -> None:
    """Otherwise the test above would show nothing."""
    operations = {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem"),
        *("TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    }
    assert {operation for operation in operations if EXECUTED[operation] < 3} == set(), EXECUTED
    assert EXECUTED["Scan"] == 0


@pytest.mark.parametrize(
    ("operation", "body", "wrong"),
    [
        ("GetItem", b'{"TableName":"plain","Key":{"pk":{"S":"globex#a"}}}', "shows items of globex#a"),
        ("DeleteItem", b'{"TableName":"plain","Key":{"pk":{"S":"globex#a"}}}', "changed ('plain', 'globex#a', '')"),
        ("Scan", b'{"TableName":"vault"}', "shows items of nobody's"),
        ("CreateBackup", b'{"TableName":"plain","BackupName":"mine"}', "changed something around the items"),
    ],
)
def test_the_judge_sees_what_a_gate_without_a_lock_lets_through(
    world: FuzzedWorld, operation: str, body: bytes, wrong: str
) -> None:
    """The canary: the same requests, made with the administrator's key."""
    restricted, world.key = world.key, world.account.operator
    try:
        assert wrong in world.judge(call(operation, body)).wrong
    finally:
        world.key = restricted
    assert world.judge(call(operation, body)).wrong == ""


@pytest.fixture
def closed_world() -> FuzzedWorld:
    """Return a world whose policy denies Scan and PartiQL as well; it takes the other one's place."""
    return FuzzedWorld(never_scan=True)


@settings(FUZZING, max_examples=400)
@given(statement=st.sampled_from(STATEMENTS), body=st.sampled_from(BODIES), partition=st.sampled_from(("acme#a", "x")))
def test_neither_scan_nor_partiql_gets_past_an_explicit_deny(
    closed_world: FuzzedWorld, statement: str, body: Callable[[bytes], bytes], partition: str
) -> None:
    """Under NeverScan, however a statement is written, in a batch, in a transaction and on its own."""
    given = {"Statement": statement} | ({"Parameters": [{"S": partition}]} if "?" in statement else {})
    for operation, document in (
        ("ExecuteStatement", given),
        ("BatchExecuteStatement", {"Statements": [given]}),
        ("ExecuteTransaction", {"TransactStatements": [given]}),
        (
            "Scan",
            {"TableName": "items", "FilterExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "x"}}},
        ),
    ):
        request = call(operation, body(json.dumps(document).encode()))
        outcome = closed_world.judge(request)
        assert not outcome.wrong, f"{outcome.wrong}: {request} answered {outcome.answer}"
        assert not closed_world.account.emulator.reached, f"{request} answered {outcome.answer}"
