"""Judged by effect: whatever the mapping lets a tenant do, moto touches nothing of anybody else's.

The mapping is not asked whether it was right. Generated requests that it would allow a tenant under the policy on
leading keys are carried out by moto, and then the items of everybody else are compared and looked for in the answer.
"""

from __future__ import annotations

import json
from collections import Counter
from random import Random

import pytest

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services.dynamodb import as_moto_reads
from localaws_testing.generated_requests import TENANT, RequestMaker
from localaws_testing.moto_world import MotoWorld, allowed

pytestmark = pytest.mark.evidence

REQUESTS = 800
SEEDS = range(4)


@pytest.fixture(scope="module")
def world() -> MotoWorld:
    """Return one world for all seeds: whatever a request changes is put back."""
    return MotoWorld()


@pytest.fixture(scope="module")
def executed() -> Counter[str]:
    """Count by operation the requests that were allowed and that moto carried out."""
    return Counter()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_that_is_allowed_a_tenant_touches_anybody_elses_items(
    seed: int, world: MotoWorld, executed: Counter[str]
) -> None:
    """Of every generated request that moto executed for `acme`, no item outside its partitions changed or came back."""
    maker = RequestMaker(Random(seed))  # noqa: S311 - reproducible, not secret
    for _ in range(REQUESTS):
        operation, body = maker.request()
        try:
            forwarded = as_moto_reads(operation, body)
            if not allowed(world.mapped(operation, forwarded), TENANT):
                continue
        except (MalformedRequestError, UnmappableRequestError):
            continue
        status, answer = world.send(operation, forwarded)
        executed[operation] += status == 200
        request = f"{operation} {json.dumps(forwarded)}"
        assert world.marks_outside(TENANT, answer) == set(), request
        changed = world.changed()
        assert [key for key in changed if not key[1].startswith(f"{TENANT}#")] == [], request
        if changed:
            world.restore()


def test_the_requests_that_were_carried_out_are_of_every_kind(executed: Counter[str]) -> None:
    """Otherwise the test above would show nothing: of each operation but Scan, many were allowed and succeeded."""
    operations = {
        *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "BatchWriteItem"),
        *("TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction"),
    }
    assert set(executed) >= operations
    assert "Scan" not in executed
    assert min(executed[operation] for operation in operations) >= 5, executed
    assert executed["Query"] >= 100, executed
    assert executed["ExecuteStatement"] >= 100, executed


def test_the_other_tenants_items_are_found_when_a_request_touches_them(world: MotoWorld) -> None:
    """The judge is not blind: a foreign read and a foreign write, sent past the mapping, are both noticed."""
    key = {"pk": {"S": "globex#a"}, "sk": {"S": "a"}}
    assert world.changed() == set()
    assert world.marks_outside(TENANT, world.send("GetItem", {"TableName": "items", "Key": key})[1]) == {"globex#a"}
    world.done("DeleteItem", {"TableName": "items", "Key": key})
    assert world.changed() == {("items", "globex#a", "a")}
    world.restore()
    assert world.changed() == set()
