"""The control plane's functions for tenants: each action writes one audit line, whatever comes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from jwt.exceptions import PyJWTError
from moto import mock_aws

from chalicelib.config import CONTROL_PLANE_SETTINGS
from chalicelib.control_plane import functions
from chalicelib.control_plane.tenants import ControlPlane
from chalicelib.errors import (
    ConfigError,
    ControlPlaneError,
    HandleClosedError,
    InvalidEventError,
    PoolUserNotFoundError,
    TenantNotFoundError,
    TenantStateError,
)
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.token_tags import TAGS
from stage.functions import TENANT_FUNCTIONS
from tests.support.handles import handle_of
from tests.unit.chalicelib.audit_lines import audit_lines, without_what_every_line_has
from tests.unit.chalicelib.control_plane.conftest import BUCKET, KEYS, REGISTRY, TABLE, World
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.user_pool import ISSUER, tags_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.vending.handles import Handle
    from tests.support.fresh_python import RunPython
    from tests.unit.user_pool import UserPool

    Lines = Callable[[], list[dict[str, Any]]]

EMAIL = "ada@example.com"
SECRET = "hunter2-eyJhbGciOiJSUzI1NiJ9"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One world for all tests here: to make one takes longer than a test."""
    with mock_aws():
        yield World()


@pytest.fixture
def lines(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """The audit lines of functions that run in this world, where acme is active and acme-eu suspended."""
    environment = {
        "AWS_REGION": KEYS["region_name"],
        "AWS_ACCESS_KEY_ID": KEYS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": KEYS["aws_secret_access_key"],
        "REGISTRY_TABLE_NAME": REGISTRY,
        "USER_POOL_ID": world.pool,
        "TABLE_NAME": TABLE,
        "TENANT_MAINTENANCE_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantMaintenanceRole",
        "READER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
        "WRITER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
        "DATABASE_SSLMODE": "disable",
        "EXPORT_BUCKET": BUCKET,
        "ERASE_AFTER_SECONDS": "90",
        "EXPORT_RETENTION_DAYS": "30",
        "BACKUP_RETENTION_DAYS": "7",
        "LOG_RETENTION_DAYS": "14",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert environment.keys() >= CONTROL_PLANE_SETTINGS.keys()
    for item in world.dynamodb.scan(TableName=REGISTRY)["Items"]:
        world.dynamodb.delete_item(TableName=REGISTRY, Key={"tenant_id": item["tenant_id"]})
    for username in world.usernames():
        world.cognito.admin_delete_user(UserPoolId=world.pool, Username=username)
    for tenant_id, status in (("acme", Status.ACTIVE), ("acme-eu", Status.SUSPENDED), ("gone", Status.OFFBOARDED)):
        registered = world.registry.register(tenant_id, display_name=tenant_id, admin_email=EMAIL)
        world.registry.change(registered, status)
    with audit_lines() as written:
        yield written


def call(function: str, **event: Any) -> Any:
    """Call a function as Lambda does."""
    return getattr(functions, function)({"actor": "operator", **event}, SimpleNamespace(aws_request_id="lambda-1"))


def line(lines: Lines) -> dict[str, Any]:
    """Return the one audit line, without what every line has."""
    (written,) = lines()
    return without_what_every_line_has(written)


SUCCEEDING: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("suspend_tenant", {"tenant_id": "acme"}, {"status": "suspended"}),
    ("resume_tenant", {"tenant_id": "acme-eu"}, {"status": "active"}),
    ("suspend_tenant", {"tenant_id": "acme-eu"}, {"status": "suspended"}),
    ("resume_tenant", {"tenant_id": "acme"}, {"status": "active"}),
    ("invite_user", {"tenant_id": "acme", "email": "Bob@example.com", "role": "viewer"}, {"created": True}),
    ("set_role", {"tenant_id": "acme", "email": EMAIL, "role": "viewer"}, {"role": "viewer"}),
    ("remove_user", {"tenant_id": "acme", "email": EMAIL}, {"email": EMAIL}),
]


@pytest.mark.parametrize(("function", "event", "answer"), SUCCEEDING)
def test_an_action_that_succeeds_is_recorded_with_its_actor_and_tenant(
    world: World,
    lines: Lines,
    function: str,
    event: dict[str, Any],
    answer: dict[str, Any],
) -> None:
    """What was asked twice succeeds twice: the run before may have been killed before it could answer."""
    world.pool_users("acme").invite(EMAIL, Role.MEMBER)
    assert answer.items() <= call(function, **event).items()
    assert line(lines) == {
        "action": function,
        "outcome": "succeeded",
        "tenant": event["tenant_id"],
        "actor": "operator",
        "request_id": "lambda-1",
    }


REFUSED: list[tuple[str, dict[str, Any], type[ControlPlaneError]]] = [
    ("onboard_tenant", {"tenant_id": "admin", "display_name": "A", "admin_email": EMAIL}, InvalidEventError),
    ("suspend_tenant", {"tenant_id": "globex"}, TenantNotFoundError),
    ("suspend_tenant", {"tenant_id": "gone"}, TenantStateError),
    ("resume_tenant", {"tenant_id": "gone"}, TenantStateError),
    ("offboard_tenant", {"tenant_id": "acme"}, InvalidEventError),
    ("offboard_tenant", {"tenant_id": "globex", "confirm": "globex"}, TenantNotFoundError),
    ("list_tenants", {"limit": 0}, InvalidEventError),
    ("invite_user", {"tenant_id": "acme-eu", "email": EMAIL, "role": "viewer"}, TenantStateError),
    ("invite_user", {"tenant_id": "acme", "email": "x", "role": "viewer"}, InvalidEventError),
    ("set_role", {"tenant_id": "acme", "email": EMAIL, "role": "viewer"}, PoolUserNotFoundError),
    ("set_role", {"tenant_id": "gone", "email": EMAIL, "role": "viewer"}, TenantStateError),
    ("remove_user", {"tenant_id": "acme", "email": EMAIL}, PoolUserNotFoundError),
    ("remove_user", {"tenant_id": "gone", "email": EMAIL}, TenantStateError),
]


@pytest.mark.parametrize(("function", "event", "error"), REFUSED)
def test_an_action_that_is_refused_is_recorded_with_the_kind_of_the_refusal(
    world: World,
    lines: Lines,
    function: str,
    event: dict[str, Any],
    error: type[ControlPlaneError],
) -> None:
    """And changes nothing."""
    before = world.dynamodb.scan(TableName=REGISTRY)["Items"], world.usernames()
    with pytest.raises(error):
        call(function, **event)
    assert (world.dynamodb.scan(TableName=REGISTRY)["Items"], world.usernames()) == before
    written = line(lines)
    assert (written["action"], written["outcome"], written["reason"]) == (function, "refused", error.__name__)
    assert written["tenant"] == event.get("tenant_id", "")


@pytest.mark.parametrize("function", [name for name in TENANT_FUNCTIONS if name != "onboard_tenant"])
def test_an_action_that_fails_is_recorded_as_failed(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """A failure is no refusal: something may have been done."""
    monkeypatch.setenv("REGISTRY_TABLE_NAME", "no-such-table")
    events: dict[str, dict[str, Any]] = {name: event for name, event, _ in SUCCEEDING}
    event = {"list_tenants": {}, "offboard_tenant": {"tenant_id": "acme", "confirm": "acme"}} | events
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call(function, **event[function])
    written = line(lines)
    assert (written["outcome"], written["reason"]) == ("failed", "ResourceNotFoundException")


@pytest.mark.parametrize("function", TENANT_FUNCTIONS)
def test_a_function_without_settings_fails_and_says_so(
    lines: Lines, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    """Nothing starts with a setting that was forgotten."""
    monkeypatch.delenv("REGISTRY_TABLE_NAME")
    events: dict[str, dict[str, Any]] = {name: event for name, event, _ in SUCCEEDING}
    event = {
        "list_tenants": {},
        "offboard_tenant": {"tenant_id": "acme", "confirm": "acme"},
        "onboard_tenant": {"tenant_id": "globex", "display_name": "Globex", "admin_email": EMAIL},
    } | events
    with pytest.raises(ConfigError, match="REGISTRY_TABLE_NAME"):
        call(function, **event[function])
    assert (line(lines)["outcome"], line(lines)["reason"]) == ("failed", "ConfigError")


def test_an_offboarding_that_is_not_done_is_recorded_as_in_progress(world: World, lines: Lines) -> None:
    """Else the log would say "succeeded" of a tenant whose data are still there."""
    answer = call("offboard_tenant", tenant_id="acme", confirm="acme")
    assert (answer["phase"], answer["done"]) == ("wait", False)
    assert 80 < answer["wait_seconds"] <= 90
    assert line(lines)["outcome"] == "in progress"
    assert world.status("acme") == "offboarding"


def test_all_tenants_are_listed_page_by_page_and_each_page_is_recorded(
    lines: Lines,
) -> None:
    """With what an operator needs of each, and without its progress; a list is of no one tenant."""
    tenants: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        page = call("list_tenants", limit=2, **after)
        tenants += page["tenants"]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert sorted(tenant["tenant_id"] for tenant in tenants) == ["acme", "acme-eu", "gone"]
    fields = {"tenant_id", "display_name", "admin_email", "status", "created_at", "changed_at"}
    assert all(tenant.keys() == fields for tenant in tenants)
    assert [(each["action"], each["tenant"], each["outcome"]) for each in lines()] == [
        ("list_tenants", "", "succeeded"),
        ("list_tenants", "", "succeeded"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param({"tenant_id": "acme", "password": SECRET}, id="a further field"),
        pytest.param({"tenant_id": {"token": SECRET}}, id="a tenant that is an object"),
        pytest.param({"tenant_id": f"{SECRET}\n"}, id="a tenant that is not printable"),
        pytest.param({"tenant_id": f"{'a' * 30}{SECRET}"}, id="a tenant that is too long"),
        pytest.param({"tenant_id": "acme", "actor": {"name": SECRET}}, id="an actor that is an object"),
        pytest.param({"tenant_id": "acme", "actor": f"\x1b{SECRET}", "x": 1}, id="an actor that is not printable"),
    ],
)
@pytest.mark.parametrize("function", ["suspend_tenant", "offboard_tenant", "invite_user"])
def test_nothing_that_was_sent_beside_the_names_is_recorded(lines: Lines, function: str, event: dict[str, Any]) -> None:
    """Nobody knows what somebody put there by mistake."""
    with pytest.raises(InvalidEventError):
        call(function, **event)
    written = line(lines)
    assert SECRET not in str(written)
    assert written["outcome"] == "refused"


@pytest.mark.parametrize("event", [None, [], "acme", 7, [{"tenant_id": "acme"}]], ids=repr)
def test_an_event_that_is_no_object_is_refused_and_recorded_like_any_other(lines: Lines, event: Any) -> None:
    """Lambda passes on any JSON; the one who writes the line must not stumble over it."""
    with pytest.raises(InvalidEventError):
        functions.suspend_tenant(event, None)
    assert line(lines) == {
        "action": "suspend_tenant",
        "outcome": "refused",
        "tenant": "",
        "actor": "unnamed",
        "request_id": "",
        "reason": "InvalidEventError",
    }


def test_who_does_not_say_who_asks_is_unnamed(lines: Lines) -> None:
    """The line is there all the same."""
    functions.suspend_tenant({"tenant_id": "acme"}, None)
    assert (line(lines)["actor"], line(lines)["outcome"]) == ("unnamed", "succeeded")


def test_importing_the_functions_loads_no_sdk(run_python: RunPython) -> None:
    """The app imports them: the routes' cold start must not pay for them."""
    code = """
import json, sys
import chalicelib.control_plane.functions
heavy = {"boto3", "botocore", "psycopg", "pydantic", "aws_lambda_powertools", "email_validator"}
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} & heavy)))
"""
    assert run_python(code) == []


@pytest.fixture
def table() -> dict[str, str]:
    """The one item of the table of signing keys, as it was before."""
    return {"issuer": ISSUER, "keys": "as before", "fetched_at": "2026-01-01T00:00:00+00:00"}


@pytest.fixture
def refreshed(table: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bytes], Any]]:
    """Return a function that refreshes the copy from a document, and returns the answer and the item."""
    monkeypatch.setenv("AWS_REGION", KEYS["region_name"])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIAREFRESH")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("SIGNING_KEYS_TABLE_NAME", "example-signing-keys")
    monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
    document = b""

    def answer(asked: Asked) -> StubAnswer:
        if asked.path == "/jwks.json":
            return StubAnswer(body=document)
        sent = json.loads(asked.body)
        assert asked.headers["x-amz-target"].endswith(".PutItem"), "the one right that the function has"
        assert sent["TableName"] == "example-signing-keys"
        table.update({name: value["S"] for name, value in sent["Item"].items()})
        return StubAnswer()

    def refresh(body: bytes) -> tuple[Any, dict[str, str]]:
        nonlocal document
        document = body
        return functions.refresh_signing_keys({}, None), table

    with HttpStub(answer) as stub:
        monkeypatch.setenv("JWKS_URL", f"{stub.url}/jwks.json")
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", stub.url)
        yield refresh


def test_the_copy_of_the_signing_keys_is_refreshed_from_the_pool(
    refreshed: Callable[[bytes], Any], user_pool: UserPool
) -> None:
    """Under its issuer, with the time; the answer says how many there are, and needs no event."""
    before = datetime.now(UTC)
    answer, item = refreshed(json.dumps(user_pool.jwks()).encode())
    assert answer == {"keys": 1}
    assert (item["issuer"], json.loads(item["keys"])) == (ISSUER, user_pool.jwks())
    assert before <= datetime.fromisoformat(item["fetched_at"]) <= datetime.now(UTC)


@pytest.mark.parametrize(
    "document",
    [b"{}", b'{"keys": []}', b'{"keys": [{"kty": "RSA", "kid": "key-1"}]}', b"[]", b"<html>", b'{"message": "no"}'],
)
def test_what_is_no_set_of_keys_replaces_none(
    refreshed: Callable[[bytes], Any], table: dict[str, str], document: bytes
) -> None:
    """The function fails, which the schedule's alarm tells, and the copy that works stays."""
    with pytest.raises((ValueError, PyJWTError)):
        refreshed(document)
    assert table["keys"] == "as before"


def test_the_triggers_function_tags_id_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Cognito calls it; see test_token_tags."""
    monkeypatch.setenv("SESSION_PER", "tenant")
    attributes = {"sub": "user-1", "custom:tenantID": "acme", "custom:role": "member"}
    event = {"request": {"userAttributes": attributes}, "response": {}}
    answer = functions.tag_id_token(event, None)
    claims = answer["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"]
    assert claims == {TAGS: tags_of("acme", "member")}


@pytest.mark.usefixtures("world")
def test_an_offboarding_may_open_handles_and_what_it_opened_ends_with_it(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a request's do."""
    opened: list[Handle] = []

    def holdings(*_: object) -> list[Any]:
        opened.append(handle_of("acme"))
        return []

    monkeypatch.setenv("ERASE_AFTER_SECONDS", "0")
    monkeypatch.setattr(ControlPlane, "_holdings", holdings)
    call("offboard_tenant", tenant_id="acme", confirm="acme")
    assert opened
    with pytest.raises(HandleClosedError):
        opened[0].check()
    assert line(lines)["action"] == "offboard_tenant"
