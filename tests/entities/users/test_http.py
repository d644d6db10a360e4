"""The users over HTTP, down to the rows in PostgreSQL."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import psycopg
import pytest

from stage.http_api import Api
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

ANN = {"email": "ann@example.com", "display_name": "Ann"}


@pytest.fixture
def admin(person: Callable[..., Person], stack: LocalStack) -> Person:
    """Return acme's admin, in a directory without users."""
    with psycopg.connect(**stack.database_login("master"), autocommit=True) as master:
        master.execute("DELETE FROM users")
    return person("acme", "admin")


def _create(someone: Person, **changed: str) -> Any:
    return someone.call("POST", "/users", body=ANN | changed)


def test_a_user_is_created_listed_read_changed_and_deleted(admin: Person) -> None:
    """The whole life of a row, with 201 and Location, 200, 204 and 404."""
    created = _create(admin)
    user = created.body
    path = created.headers["location"]

    assert created.status == 201
    assert path == f"/users/{uuid.UUID(user['user_id'])}"
    assert admin.call("GET", path).body == user
    assert admin.call("GET", "/users").body == {"users": [user], "next_cursor": None}
    assert admin.call("PATCH", path, body={"display_name": "Anna"}).body == user | {"display_name": "Anna"}
    assert admin.call("DELETE", path).status == 204
    assert [admin.call(method, path, body={"display_name": "A"}).status for method in ("GET", "PATCH", "DELETE")] == [
        404
    ] * 3


@pytest.mark.parametrize("role", ["viewer", "member"])
def test_who_is_no_admin_reads_only(admin: Person, person: Callable[..., Person], role: str) -> None:
    """The authorizer refuses the writes; the admin's are the allowed twins."""
    path = _create(admin).headers["location"]
    someone = person("acme", role)

    assert someone.call("GET", path).status == 200
    for method, where in (("POST", "/users"), ("PATCH", path), ("DELETE", path)):
        answer = someone.call(method, where, body=ANN)
        assert (answer.status, answer.body["Code"]) == (403, "ForbiddenError")


def test_another_tenants_user_is_not_there(admin: Person, person: Callable[..., Person]) -> None:
    """404 for reading, changing and deleting; the row stays."""
    path = _create(admin).headers["location"]
    globex = person("globex", "admin")

    for method in ("GET", "PATCH", "DELETE"):
        assert globex.call(method, path, body={"display_name": "mine"}).status == 404
    assert globex.call("GET", "/users").body["users"] == []
    assert admin.call("GET", path).body["display_name"] == "Ann"


def test_an_email_is_unique_within_a_tenant_and_not_across(admin: Person, person: Callable[..., Person]) -> None:
    """409 whatever the case, for creating and changing; globex may have the same."""
    _create(admin)
    other = _create(admin, email="bob@example.com").headers["location"]

    assert _create(admin, email="ANN@example.com").body["Code"] == "EmailTakenError"
    assert admin.call("PATCH", other, body={"email": "ann@example.com"}).status == 409
    assert admin.call("GET", other).body["email"] == "bob@example.com"
    assert _create(person("globex", "admin")).status == 201


def test_pages_hold_every_user_once(admin: Person) -> None:
    """In a stable order, with a cursor until the last page."""
    ids = {_create(admin, email=f"user{number}@example.com").body["user_id"] for number in range(5)}
    first = admin.call("GET", "/users?limit=3").body
    second = admin.call("GET", f"/users?limit=3&cursor={first['next_cursor']}").body

    listed = [user["user_id"] for user in first["users"] + second["users"]]
    assert (listed, second["next_cursor"]) == (sorted(ids), None)


@pytest.mark.parametrize(
    "name",
    [
        "O'Brien",
        'Robert"); DROP TABLE users;--',
        "%s %(x)s",
        "\\",
        "Ω≈ç√",
        "👩‍👩‍👧",
        "\u202eevil",
        " ",
        "null",
        "a" * 200,
    ],
)
def test_names_of_every_kind_come_back_exactly(admin: Person, name: str) -> None:
    """Nothing is escaped, trimmed or normalised."""
    path = _create(admin, display_name=name).headers["location"]

    assert admin.call("GET", path).body["display_name"] == name


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (ANN | {"display_name": "a\x00b"}, "display_name"),
        (ANN | {"display_name": ""}, "display_name"),
        (ANN | {"display_name": "a" * 10_240}, "display_name"),
        (ANN | {"display_name": None}, "display_name"),
        (ANN | {"display_name": "\ud800"}, "display_name"),
        (ANN | {"email": "no address"}, "email"),
        (ANN | {"email": "a@b\x00.com"}, "email"),
        (ANN | {"email": "a" * 10_240 + "@example.com"}, "email"),
        (ANN | {"tenant_id": "globex"}, "tenant_id"),
        (ANN | {"user_id": str(uuid.uuid4())}, "user_id"),
        ({"email": "ann@example.com"}, "display_name"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_user_that_is_not_understood_is_refused_by_name(admin: Person, body: dict[str, Any], named: str) -> None:
    """400 that names the field, and no row."""
    answer = admin.call("POST", "/users", body=body)

    assert answer.status == 400
    assert named in answer.body["Message"]
    assert admin.call("GET", "/users").body["users"] == []


@pytest.mark.parametrize("user_id", ["1", "x" * 36, "00000000-0000-0000-0000-00000000000g", "%00", "' OR 1=1"])
def test_a_user_id_that_is_no_uuid_is_refused(admin: Person, user_id: str) -> None:
    """400, before any query."""
    assert admin.call("GET", f"/users/{quote(user_id, safe='%')}").status == 400


def test_concurrent_callers_of_two_tenants_never_see_each_others_users(
    admin: Person, person: Callable[..., Person], stage: LocalStage
) -> None:
    """Connections go from tenant to tenant; what they show does not."""
    people = {"acme": admin, "globex": person("globex", "admin")}
    for tenant, someone in people.items():
        _create(someone, display_name=tenant)

    def work(number: int) -> set[str]:
        tenant, someone = list(people.items())[number % 2]
        caller = Person(Api(stage.api_url), someone.id_token, "")
        seen = {user["display_name"] for _ in range(25) for user in caller.call("GET", "/users").body["users"]}
        caller.api.close()
        return seen ^ {tenant}

    with ThreadPoolExecutor(16) as clients:
        assert set().union(*clients.map(work, range(16))) == set()


def test_a_new_tenants_directory_holds_its_first_administrator(stack: LocalStack) -> None:
    """As someone without a name yet: the email stands for it."""
    tenant = f"t{uuid.uuid4().hex[:12]}"
    event = {"tenant_id": tenant, "display_name": "A tenant", "admin_email": "admin@example.com"}

    stack.invoke("onboard_tenant", event)

    with psycopg.connect(**stack.database_login("master")) as master:
        users = master.execute("SELECT email, display_name FROM users WHERE tenant_id = %s", [tenant]).fetchall()
    assert users == [("admin@example.com", "admin@example.com")]
