"""Tenants and roles over HTTP, with tokens from Cognito: each sees its own rows, whatever a request names."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.own_project import ANVIL

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from stage.document import LocalStage
    from tests.support.people import Person

SIMILAR = ("acme", "acme-eu", "acme1", "acme10")
ANY = {"If-Match": "*"}


def _one(anvil: Any) -> str:
    return f"/anvils/{anvil['anvil_id']}"


def _key(anvil: Any, tenant: str = "acme") -> Any:
    """Return where a tenant's anvil of this id is stored."""
    shard = ANVIL.sharding.candidates(anvil["anvil_id"])[0]
    return {"pk": {"S": f"{tenant}#{ANVIL.name}#{shard}"}, "sk": {"S": anvil["anvil_id"]}}


def test_a_row_goes_in_and_comes_back_and_is_the_tenants(
    acme: Person, table: DynamoDBClient, stage: LocalStage
) -> None:
    """What is created is answered, listed and stored under the tenant's partition key."""
    created = acme.call("POST", "/anvils", body={"name": "anvil", "price": "1.10"})
    anvil = created.body

    assert (created.status, created.headers["location"]) == (201, _one(anvil))
    assert (anvil["name"], anvil["price"]) == ("anvil", "1.10")
    assert acme.call("GET", _one(anvil)).body == anvil
    assert acme.anvils() == [anvil]
    assert table.get_item(TableName=stage.table_name, Key=_key(anvil))["Item"]["name"] == {"S": "anvil"}


def test_tenants_with_similar_names_and_the_same_ids_never_meet(
    newcomer: Callable[[str], Person], table: DynamoDBClient, stage: LocalStage
) -> None:
    """Each reads, lists, changes and deletes its own row of that id."""
    tenants = {name: newcomer(name) for name in SIMILAR}
    original = tenants["acme"].create("of acme")
    one = _one(original)
    row = table.get_item(TableName=stage.table_name, Key=_key(original))["Item"]
    for name in SIMILAR[1:]:
        twin = row | _key(original, name) | {"name": {"S": f"of {name}"}}
        table.put_item(TableName=stage.table_name, Item=twin)

    for name, someone in tenants.items():
        assert someone.call("GET", one).body["name"] == f"of {name}"
        assert [anvil["name"] for anvil in someone.anvils()] == [f"of {name}"]
    assert tenants["acme1"].call("PATCH", one, body={"name": "changed"}, headers=ANY).status == 200
    assert tenants["acme-eu"].call("DELETE", one).status == 204
    assert {name: [anvil["name"] for anvil in someone.anvils()] for name, someone in tenants.items()} == {
        "acme": ["of acme"],
        "acme-eu": [],
        "acme1": ["changed"],
        "acme10": ["of acme10"],
    }


def test_another_tenants_row_is_not_there(acme: Person, globex: Person) -> None:
    """404 for reading, changing and deleting what the owner reads; it stays as it was."""
    anvil = acme.create("acme's")

    assert globex.anvils() == []
    for method in ("GET", "PATCH", "DELETE"):
        assert globex.call(method, _one(anvil), body={"name": "mine"}, headers=ANY).status == 404
    assert acme.anvils() == [anvil]


def test_another_tenants_row_of_the_database_is_not_there(penpals: Callable[[str], Person]) -> None:
    """The same under row-level security."""
    acme, globex = penpals("acme"), penpals("globex")
    penpal = acme.add_penpal()

    assert globex.penpals() == []
    for method in ("GET", "PATCH", "DELETE"):
        assert globex.call(method, f"/penpals/{penpal['penpal_id']}", body={"display_name": "mine"}).status == 404
    assert acme.penpals() == [penpal]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_hold_every_row_once_in_a_stable_order(acme: Person, limit: int) -> None:
    """However many pages it takes, and whatever shard a row is in."""
    created = {acme.create(f"anvil {number}")["anvil_id"] for number in range(23)}

    listed = [anvil["anvil_id"] for anvil in acme.anvils(limit)]

    assert listed == sorted(created)


def test_pages_of_the_database_hold_every_row_once(penpals: Callable[[str], Person]) -> None:
    """In a stable order, with a cursor until the last page."""
    acme = penpals("acme")
    ids = {acme.add_penpal(f"penpal{number}@example.com")["penpal_id"] for number in range(5)}

    assert [penpal["penpal_id"] for penpal in acme.penpals(3)] == sorted(ids)


def test_a_foreign_cursor_moves_within_the_callers_own_list_only(acme: Person, globex: Person) -> None:
    """It holds a position and no key: with acme's cursor globex goes on in its own list."""
    for _ in range(5):
        acme.create("acme's")
        globex.create("globex's")
    page = acme.call("GET", "/anvils?limit=1").body
    assert b"#" not in base64.urlsafe_b64decode(page["next_cursor"])

    answer = globex.call("GET", f"/anvils?cursor={page['next_cursor']}")

    assert answer.status == 200
    last = page["anvils"][0]["anvil_id"]
    assert answer.body["anvils"] == [anvil for anvil in globex.anvils() if anvil["anvil_id"] > last]


@pytest.mark.parametrize("smuggled", ["?tenant=globex", "?tenant_id=globex", "?custom:tenantID=globex"])
def test_a_tenant_in_the_query_or_a_header_changes_nothing(acme: Person, globex: Person, smuggled: str) -> None:
    """Only the token names the tenant."""
    globex.create("globex's")
    acme.create("acme's")

    answer = acme.call("GET", f"/anvils{smuggled}", headers={"X-Tenant-Id": "globex", "tenant": "globex"})

    assert [anvil["name"] for anvil in answer.body["anvils"]] == ["acme's"]


@pytest.mark.parametrize("field", ["tenant", "tenant_id", "pk", "shard_id"])
def test_a_tenant_or_a_key_in_the_body_is_refused(acme: Person, field: str) -> None:
    """An unknown field is a mistake, and this one would be the worst."""
    answer = acme.call("POST", "/anvils", body={"name": "x", "price": "1", field: "globex"})

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert field in answer.body["Message"]


def test_a_viewer_reads_and_a_member_writes(person: Callable[..., Person], acme: Person) -> None:
    """The authorizer's policy refuses the viewer's writes; the member's are the allowed twins."""
    anvil, viewer = acme.create(), person("acme", "viewer")

    assert viewer.anvils() == [anvil]
    for method, path in (("POST", "/anvils"), ("PATCH", _one(anvil)), ("DELETE", _one(anvil))):
        answer = viewer.call(method, path, body={"name": "x", "price": "1"}, headers=ANY)
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert acme.call("PATCH", _one(anvil), body={"name": "x"}, headers=ANY).status == 200
    assert acme.call("DELETE", _one(anvil)).status == 204


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_only_reads_the_database(
    penpals: Callable[[str], Person], person: Callable[..., Person], role: str
) -> None:
    """The authorizer refuses the writes; the admin's are the allowed twins."""
    admin, someone = penpals("acme"), person("acme", role)
    penpal = admin.add_penpal()
    path = f"/penpals/{penpal['penpal_id']}"

    assert someone.penpals() == [penpal]
    for method, where in (("POST", "/penpals"), ("PATCH", path), ("DELETE", path)):
        answer = someone.call(method, where, body={"email": "x@example.com", "display_name": "x"})
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert admin.call("PATCH", path, body={"display_name": "x"}).status == 200
    assert admin.call("DELETE", path).status == 204


def test_of_concurrent_changes_of_one_version_one_wins(acme: Person) -> None:
    """The version that a caller has seen is a condition of the write; without one the change is refused."""
    anvil = acme.create()
    tag = acme.call("GET", _one(anvil)).headers["etag"]

    assert acme.call("PATCH", _one(anvil), body={"name": "blind"}).status == 428
    assert acme.call("PATCH", _one(anvil), body={"name": "first"}, headers={"If-Match": tag}).status == 200
    late = acme.call("PATCH", _one(anvil), body={"name": "late"}, headers={"If-Match": tag})
    assert (late.status, late.body["Code"]) == (412, "PreconditionFailedError")
    assert [each["name"] for each in acme.anvils()] == ["first"]
