"""Tenants and roles over HTTP, with tokens from Cognito: each sees its own rows, whatever a request names."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.own_project import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

    from stage.document import LocalStage
    from tests.support.people import Person

SIMILAR = ("acme", "acme-eu", "acme1", "acme10")
ANY = {"If-Match": "*"}


def _one(sample: Any) -> str:
    return f"/samples/{sample['sample_id']}"


def _key(sample: Any, tenant: str = "acme") -> Any:
    """Return where a tenant's sample of this id is stored."""
    shard = SAMPLE.sharding.candidates(sample["sample_id"])[0]
    return {"pk": {"S": f"{tenant}#{SAMPLE.name}#{shard}"}, "sk": {"S": sample["sample_id"]}}


def test_a_row_goes_in_and_comes_back_and_is_the_tenants(
    acme: Person, table: DynamoDBClient, stage: LocalStage
) -> None:
    """What is created is answered, listed and stored under the tenant's partition key."""
    created = acme.call("POST", "/samples", body={"name": "anvil", "price": "1.10"})
    sample = created.body

    assert (created.status, created.headers["location"]) == (201, _one(sample))
    assert (sample["name"], sample["price"]) == ("anvil", "1.10")
    assert acme.call("GET", _one(sample)).body == sample
    assert acme.samples() == [sample]
    assert table.get_item(TableName=stage.table_name, Key=_key(sample))["Item"]["name"] == {"S": "anvil"}


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
        assert [sample["name"] for sample in someone.samples()] == [f"of {name}"]
    assert tenants["acme1"].call("PATCH", one, body={"name": "changed"}, headers=ANY).status == 200
    assert tenants["acme-eu"].call("DELETE", one).status == 204
    assert {name: [sample["name"] for sample in someone.samples()] for name, someone in tenants.items()} == {
        "acme": ["of acme"],
        "acme-eu": [],
        "acme1": ["changed"],
        "acme10": ["of acme10"],
    }


def test_another_tenants_row_is_not_there(acme: Person, globex: Person) -> None:
    """404 for reading, changing and deleting what the owner reads; it stays as it was."""
    sample = acme.create("acme's")

    assert globex.samples() == []
    for method in ("GET", "PATCH", "DELETE"):
        assert globex.call(method, _one(sample), body={"name": "mine"}, headers=ANY).status == 404
    assert acme.samples() == [sample]


def test_another_tenants_row_of_the_database_is_not_there(contacts: Callable[[str], Person]) -> None:
    """The same under row-level security."""
    acme, globex = contacts("acme"), contacts("globex")
    contact = acme.add_contact()

    assert globex.contacts() == []
    for method in ("GET", "PATCH", "DELETE"):
        assert globex.call(method, f"/contacts/{contact['contact_id']}", body={"display_name": "mine"}).status == 404
    assert acme.contacts() == [contact]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_hold_every_row_once_in_a_stable_order(acme: Person, limit: int) -> None:
    """However many pages it takes, and whatever shard a row is in."""
    created = {acme.create(f"sample {number}")["sample_id"] for number in range(23)}

    listed = [sample["sample_id"] for sample in acme.samples(limit)]

    assert listed == sorted(created)


def test_pages_of_the_database_hold_every_row_once(contacts: Callable[[str], Person]) -> None:
    """In a stable order, with a cursor until the last page."""
    acme = contacts("acme")
    ids = {acme.add_contact(f"contact{number}@example.com")["contact_id"] for number in range(5)}

    assert [contact["contact_id"] for contact in acme.contacts(3)] == sorted(ids)


def test_a_foreign_cursor_moves_within_the_callers_own_list_only(acme: Person, globex: Person) -> None:
    """It holds a position and no key: with acme's cursor globex goes on in its own list."""
    for _ in range(5):
        acme.create("acme's")
        globex.create("globex's")
    page = acme.call("GET", "/samples?limit=1").body
    assert b"#" not in base64.urlsafe_b64decode(page["next_cursor"])

    answer = globex.call("GET", f"/samples?cursor={page['next_cursor']}")

    assert answer.status == 200
    last = page["samples"][0]["sample_id"]
    assert answer.body["samples"] == [sample for sample in globex.samples() if sample["sample_id"] > last]


@pytest.mark.parametrize("smuggled", ["?tenant=globex", "?tenant_id=globex", "?custom:tenantID=globex"])
def test_a_tenant_in_the_query_or_a_header_changes_nothing(acme: Person, globex: Person, smuggled: str) -> None:
    """Only the token names the tenant."""
    globex.create("globex's")
    acme.create("acme's")

    answer = acme.call("GET", f"/samples{smuggled}", headers={"X-Tenant-Id": "globex", "tenant": "globex"})

    assert [sample["name"] for sample in answer.body["samples"]] == ["acme's"]


@pytest.mark.parametrize("field", ["tenant", "tenant_id", "pk", "shard_id"])
def test_a_tenant_or_a_key_in_the_body_is_refused(acme: Person, field: str) -> None:
    """An unknown field is a mistake, and this one would be the worst."""
    answer = acme.call("POST", "/samples", body={"name": "x", "price": "1", field: "globex"})

    assert (answer.status, answer.body["Code"]) == (400, "InvalidRequestError")
    assert field in answer.body["Message"]


def test_a_viewer_reads_and_a_member_writes(person: Callable[..., Person], acme: Person) -> None:
    """The authorizer's policy refuses the viewer's writes; the member's are the allowed twins."""
    sample, viewer = acme.create(), person("acme", "viewer")

    assert viewer.samples() == [sample]
    for method, path in (("POST", "/samples"), ("PATCH", _one(sample)), ("DELETE", _one(sample))):
        answer = viewer.call(method, path, body={"name": "x", "price": "1"}, headers=ANY)
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert acme.call("PATCH", _one(sample), body={"name": "x"}, headers=ANY).status == 200
    assert acme.call("DELETE", _one(sample)).status == 204


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_only_reads_the_database(
    contacts: Callable[[str], Person], person: Callable[..., Person], role: str
) -> None:
    """The authorizer refuses the writes; the admin's are the allowed twins."""
    admin, someone = contacts("acme"), person("acme", role)
    contact = admin.add_contact()
    path = f"/contacts/{contact['contact_id']}"

    assert someone.contacts() == [contact]
    for method, where in (("POST", "/contacts"), ("PATCH", path), ("DELETE", path)):
        answer = someone.call(method, where, body={"email": "x@example.com", "display_name": "x"})
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")
    assert admin.call("PATCH", path, body={"display_name": "x"}).status == 200
    assert admin.call("DELETE", path).status == 204


def test_of_concurrent_changes_of_one_version_one_wins(acme: Person) -> None:
    """The version that a caller has seen is a condition of the write; without one the change is refused."""
    sample = acme.create()
    tag = acme.call("GET", _one(sample)).headers["etag"]

    assert acme.call("PATCH", _one(sample), body={"name": "blind"}).status == 428
    assert acme.call("PATCH", _one(sample), body={"name": "first"}, headers={"If-Match": tag}).status == 200
    late = acme.call("PATCH", _one(sample), body={"name": "late"}, headers={"If-Match": tag})
    assert (late.status, late.body["Code"]) == (412, "PreconditionFailedError")
    assert [each["name"] for each in acme.samples()] == ["first"]
