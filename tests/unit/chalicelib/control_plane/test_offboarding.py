"""Offboarding: exported, erased, proved; interrupted anywhere, and completed by the next run."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from moto import mock_aws

from chalicelib.control_plane.events import OffboardEvent
from chalicelib.control_plane.offboarding import Offboarding
from chalicelib.data.storage import Kind, Sharding
from chalicelib.errors import InvalidEventError, TenantChangedError, TenantNotFoundError
from chalicelib.tenancy.statuses import Status
from tests.unit.chalicelib.control_plane.conftest import BUCKET, NOTES, TABLE, World
from tests.unit.chalicelib.control_plane.tables_in_memory import TablesInMemory

if TYPE_CHECKING:
    from chalicelib.data.registry import RegisteredTenant

ACME = OffboardEvent(tenant_id="acme", confirm="acme")
TENANTS = ("acme", "acme-eu", "globex")
pytestmark = pytest.mark.usefixtures("in_request")  # as the function has it


def register(world: World, tenant_id: str, status: Status = Status.ACTIVE) -> RegisteredTenant:
    """Put a tenant into the registry."""
    tenant = world.registry.register(tenant_id, display_name=tenant_id, admin_email="admin@example.com")
    return world.registry.change(tenant, status)


@pytest.fixture
def filled(world: World) -> World:
    """A world with three active tenants, two of which have names that begin alike."""
    return fill(world)


def fill(world: World, **counts: int) -> World:
    """Register and fill the tenants."""
    for tenant_id in TENANTS:
        register(world, tenant_id)
        world.fill(tenant_id, **counts)
    return world


def run(world: World, tenant_id: str = "acme") -> dict[str, Any]:
    """Invoke the offboarding once, with as much time as it likes."""
    event = OffboardEvent(tenant_id=tenant_id, confirm=tenant_id)
    return Offboarding.of(world.means(), event).run(lambda: True)


def one_step(world: World) -> dict[str, Any]:
    """Invoke it with time for one step."""
    times = iter([True])
    return Offboarding.of(world.means(), ACME).run(lambda: next(times, False))


def run_to_the_end(world: World, tenant_id: str = "acme") -> dict[str, Any]:
    """Invoke it until it is done; time passes in between."""
    for _ in range(10):
        answer = run(world, tenant_id)
        if answer["done"]:
            return answer
        world.pass_time(answer.get("wait_seconds", 0))
    raise AssertionError(answer)


def of_the_others(world: World, tenant_id: str = "acme") -> Any:
    """Return all that the other tenants have."""
    others = [tenant for tenant in TENANTS if tenant != tenant_id]
    return (
        [world.rows(tenant) for tenant in others],
        [world.people[tenant] for tenant in others],
        [name for name in world.usernames() if not name.startswith(f"{tenant_id}/")],
        [world.status(tenant) for tenant in others],
    )


def assert_nothing_is_left(world: World, tenant_id: str = "acme") -> None:
    """Of the tenant, by looking through everything."""
    assert world.rows(tenant_id) == []
    assert world.people[tenant_id] == []
    assert [name for name in world.usernames() if name.startswith(f"{tenant_id}/")] == []


def exported_rows(world: World, tenant_id: str = "acme") -> list[Any]:
    """Return every row of the export, from its latest objects."""
    objects = world.exported(f"{tenant_id}/")
    return [json.loads(line) for key, body in objects.items() if key.endswith(".jsonl") for line in body.splitlines()]


def document(world: World, name: str, round_number: int = 1) -> tuple[str, Any]:
    """Return the key of acme's one manifest or receipt of a round, and its content."""
    prefix = f"acme/20260101T120000Z/{round_number}/{name}-"
    ((key, body),) = world.exported(prefix).items()
    assert key == f"{prefix}{hashlib.sha256(body).hexdigest()[:16]}.json"
    return key, json.loads(body)


def exported_items(world: World, tenant_id: str = "acme") -> list[Any]:
    """Return the exported rows that are items of the pooled table."""
    objects = world.exported(f"{tenant_id}/", "/dynamodb/").values()
    return [json.loads(line) for body in objects for line in body.splitlines()]


def test_everything_is_exported_and_erased_and_nothing_of_other_tenants(filled: World) -> None:
    """Every item and row once, with counts and hashes that fit; the receipt says until when copies remain."""
    items, people, others = filled.rows("acme"), list(filled.people["acme"]), of_the_others(filled)

    answer = run_to_the_end(filled)

    assert answer["status"] == "offboarded"
    assert_nothing_is_left(filled)
    assert of_the_others(filled) == others
    rows = exported_rows(filled)
    assert sorted(exported_items(filled), key=json.dumps) == items
    assert sorted(row["id"] for row in rows if "id" in row) == people

    objects = filled.exported("acme/20260101T120000Z/1/")
    manifest_key, manifest = document(filled, "manifest")
    assert sum(manifest["rows"].values()) == len(items) + len(people) == answer["rows"]
    assert {each["key"] for each in manifest["objects"]} == {key for key in objects if key.endswith(".jsonl")}
    for each in manifest["objects"]:
        body = objects[each["key"]]
        assert (each["rows"], each["bytes"]) == (len(body.splitlines()), len(body))
        assert each["sha256"] == hashlib.sha256(body).hexdigest()

    receipt_key, receipt = document(filled, "receipt")
    assert answer["receipt"] == f"s3://exports/{receipt_key}"
    assert receipt["manifests"] == [
        {
            "key": manifest_key,
            "rows": len(items) + len(people),
            "sha256": hashlib.sha256(objects[manifest_key]).hexdigest(),
        }
    ]
    assert len(receipt["rows_left"]) == 10 + 1 + 1, "every shard of each kind, and the database"
    assert set(receipt["rows_left"].values()) == {0}
    assert receipt["copies_remain_until"] == {
        "dynamodb_point_in_time_recovery": "2026-02-05T12:01:30+00:00",
        "postgresql_backups": "2026-01-08T12:01:30+00:00",
        "export": "2026-03-02T12:01:30+00:00",
        "logs": "2026-01-15T12:01:30+00:00",
    }


def test_nothing_is_exported_or_erased_before_the_authorizers_cache_has_expired(filled: World) -> None:
    """Until then a request that was admitted may still write; signing in is impossible at once."""
    items = filled.rows("acme")
    answer = run(filled)

    assert (answer["status"], answer["phase"], answer["done"]) == ("offboarding", "wait", False)
    assert answer["wait_seconds"] == 90
    assert [name for name in filled.usernames() if name.startswith("acme/")] == []
    filled.pass_time(89.9)
    assert run(filled)["phase"] == "wait"
    assert filled.rows("acme") == items
    assert filled.exported("acme/") == {}
    filled.pass_time(0.1)
    assert run(filled)["done"]


@pytest.mark.parametrize("status", [Status.ONBOARDING, Status.ACTIVE, Status.SUSPENDED])
def test_a_tenant_can_be_offboarded_from_any_status(world: World, status: Status) -> None:
    """Also one whose onboarding never ended."""
    register(world, "acme", status)
    world.fill("acme")
    run_to_the_end(world)
    assert_nothing_is_left(world)


@pytest.mark.parametrize("confirm", ["", "globex", "Acme", "acme "])
def test_without_its_confirmation_nothing_happens(filled: World, confirm: str) -> None:
    """It cannot be undone."""
    with pytest.raises(InvalidEventError, match="confirm: must repeat the tenant id"):
        Offboarding.of(filled.means(), OffboardEvent(tenant_id="acme", confirm=confirm))
    assert filled.status("acme") == "active"


def test_an_unknown_tenant_is_not_offboarded(filled: World) -> None:
    """A typing error leaves no tombstone."""
    with pytest.raises(TenantNotFoundError):
        Offboarding.of(filled.means(), OffboardEvent(tenant_id="initech", confirm="initech"))
    assert filled.status("initech") is None


def test_once_done_it_says_so_again_and_does_nothing(filled: World) -> None:
    """The tool may have been killed before it could show the answer."""
    answer = run_to_the_end(filled)
    objects = filled.exported("acme/")
    assert run(filled) == answer
    assert filled.exported("acme/") == objects


def test_each_invocation_stops_when_its_time_is_over_and_the_next_goes_on(filled: World) -> None:
    """One step at a time leads to the same end."""
    items = filled.rows("acme")
    answers = []
    for _ in range(200):
        answers.append(one_step(filled))
        if answers[-1]["done"]:
            break
        filled.pass_time(1)
    assert answers[-1]["done"]
    assert_nothing_is_left(filled)
    assert sorted(exported_items(filled), key=json.dumps) == items
    assert [each["phase"] for each in answers] == sorted(
        (each["phase"] for each in answers), key=["logins", "wait", "export", "erase", "prove", "done"].index
    )


def test_what_comes_after_the_export_is_exported_and_erased_in_another_round(filled: World) -> None:
    """It is never called erased as long as something is left, and nothing is erased that was not exported."""
    filled.pass_time(run(filled)["wait_seconds"])
    late = {"pk": {"S": "acme#sample#3"}, "sk": {"S": "late"}}
    phases = []
    while "done" not in phases:
        answer = one_step(filled)
        if answer["phase"] == "prove" and "prove" not in phases:
            filled.dynamodb.put_item(TableName=TABLE, Item=late)
        phases.append(answer["phase"])
    assert phases.count("prove") == 2
    assert_nothing_is_left(filled)
    assert late in exported_rows(filled)
    assert "/2/receipt-" in answer["receipt"]


def test_what_changes_after_the_export_is_exported_anew_and_then_erased(filled: World) -> None:
    """Erased is exactly what an export holds: a row stays as long as its last state is in none."""
    filled.pass_time(run(filled)["wait_seconds"])
    while one_step(filled)["phase"] == "export":
        pass
    changed = filled.rows("acme")[0] | {"name": {"S": "changed"}}
    filled.dynamodb.put_item(TableName=TABLE, Item=changed)

    answer = run_to_the_end(filled)

    assert_nothing_is_left(filled)
    assert changed in exported_items(filled)
    key, receipt = document(filled, "receipt", 2)
    assert answer["receipt"] == f"s3://exports/{key}"
    assert answer["rows"] == 1, "of the last round"
    assert [each["rows"] for each in receipt["manifests"]] == [11, 1], (
        "of every round, since each was erased by its own"
    )


def test_a_part_of_an_interrupted_run_that_does_not_hold_what_is_there_now_is_not_erased_by(filled: World) -> None:
    """It is not replaced either: everything is exported once more, elsewhere."""
    items = filled.rows("acme")
    stale = "acme/20260101T120000Z/1/dynamodb/note-0/000000.jsonl"
    filled.s3.put_object(Bucket=BUCKET, Key=stale, Body=b"{}\n", Metadata={"rows": "1", "sha256": "0" * 64})

    answer = run_to_the_end(filled)

    assert "/2/receipt-" in answer["receipt"]
    assert filled.exported("acme/")[stale] == b"{}\n"
    exported = filled.exported("acme/20260101T120000Z/2/")
    rows = [json.loads(row) for key, body in exported.items() if "dynamodb" in key for row in body.splitlines()]
    assert sorted(rows, key=json.dumps) == items
    assert_nothing_is_left(filled)


def test_a_text_of_any_letters_is_exported_and_erased(filled: World) -> None:
    """Also one that ends a line for some readers: nobody can make a tenant that cannot be offboarded."""
    item = {"pk": {"S": "acme#sample#3"}, "sk": {"S": "x"}, "name": {"S": "a\u2028b\x85c\u2029d\x0be\nf"}}
    filled.dynamodb.put_item(TableName=TABLE, Item=item)
    run_to_the_end(filled)
    assert_nothing_is_left(filled)
    assert item in exported_items(filled)


def test_items_that_only_code_past_the_api_can_write_are_erased_too(filled: World) -> None:
    """With binary values at any depth, and with more attributes than a condition can compare."""
    binary = {"B": b"\x00\xff"}
    odd = {"a": binary, "b": {"BS": [b"\x01"]}, "c": {"L": [{"M": {"B": binary, "L": {"S": "x"}}}]}}
    wide = {f"a{number}": {"N": str(number)} for number in range(400)}
    for sort_key, attributes in (("odd", odd), ("wide", wide)):
        filled.dynamodb.put_item(
            TableName=TABLE, Item={"pk": {"S": "acme#sample#3"}, "sk": {"S": sort_key}, **attributes}
        )

    answer = run_to_the_end(filled)

    assert_nothing_is_left(filled)
    assert "/1/receipt-" in answer["receipt"], "in one round"
    exported = {item["sk"]["S"]: item for item in exported_items(filled)}
    assert exported["odd"]["c"] == {"L": [{"M": {"B": {"B": "AP8="}, "L": {"S": "x"}}}]}
    assert len(exported["wide"]) == 402


def test_a_run_that_is_behind_replaces_no_document_of_the_one_that_is_ahead(filled: World) -> None:
    """It writes beside it, under a name of its own, and then learns that it is behind."""
    filled.pass_time(run(filled)["wait_seconds"])
    while one_step(filled)["phase"] != "prove":
        pass
    behind = Offboarding.of(filled.means(), ACME)
    answer = run_to_the_end(filled)
    receipt = filled.exported(answer["receipt"].removeprefix("s3://exports/"))
    filled.pass_time(60)
    with pytest.raises(TenantChangedError):
        behind.run(lambda: True)
    assert filled.exported(answer["receipt"].removeprefix("s3://exports/")) == receipt
    assert run(filled)["receipt"] == answer["receipt"]


def test_a_tombstone_keeps_the_receipt_and_no_name(filled: World) -> None:
    """The export expires; that and when everything was erased stays known."""
    run_to_the_end(filled)
    tombstone = filled.registry.get("acme")
    assert (tombstone.status, tombstone.display_name, tombstone.admin_email) == (Status.OFFBOARDED, "", "")
    assert json.loads(tombstone.progress)["receipt"] == document(filled, "receipt")[1]


def test_two_operators_cannot_cross(filled: World) -> None:
    """Whoever read the registry before the other changed it learns so, and changes nothing."""
    one = Offboarding.of(filled.means(), ACME)
    other = Offboarding.of(filled.means(), ACME)
    one.run(lambda: True)
    with pytest.raises(TenantChangedError, match="run it again"):
        other.run(lambda: True)
    run_to_the_end(filled)
    assert_nothing_is_left(filled)


@pytest.mark.evidence
def test_killed_at_any_moment_it_is_completed_by_the_next_run() -> None:
    """At each call, before it is sent and after its answer has come: never half-erased and called erased.

    With two shards of samples: further ones would be gone through by the same steps. Each moment has a tenant of its
    own in one world, beside others whose names begin alike; at the end these have all that they had.
    """
    with mock_aws():
        world = fill(World(tables=TablesInMemory(), kinds=(Kind("sample", Sharding(2)), NOTES)))
        others = of_the_others(world, "")
        killed, moment = True, 0
        while killed:
            moment += 1
            victim = f"acme-{moment:03}"
            register(world, victim)
            world.fill(victim, samples=5, people=2, pool_users=2)
            items = world.rows(victim)
            with world.killed_at(moment):
                run_to_the_end(world, victim)
            killed = world.kill.killed
            if world.status(victim) == "offboarded":
                assert_nothing_is_left(world, victim)

            run_to_the_end(world, victim)

            assert world.status(victim) == "offboarded"
            assert_nothing_is_left(world, victim)
            assert sorted(exported_items(world, victim), key=json.dumps) == items
        assert of_the_others(world, "") == others
    assert moment > 120, "else the switch would not see the calls"
