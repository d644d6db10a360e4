"""What the functions about tenants are given: parsed strictly, refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.control_plane.events import (
    RESERVED_TENANT_IDS,
    Event,
    ListEvent,
    OffboardEvent,
    OnboardEvent,
    PoolUserEvent,
    RoleEvent,
    TenantEvent,
    parse_event,
)
from chalicelib.errors import InvalidEventError
from chalicelib.tenancy.tenant import Role, is_tenant_id

GOOD: dict[type[Event], dict[str, Any]] = {
    OnboardEvent: {"tenant_id": "acme", "display_name": "Acme Inc.", "admin_email": "admin@acme.example.com"},
    TenantEvent: {"tenant_id": "acme"},
    OffboardEvent: {"tenant_id": "acme", "confirm": "acme"},
    PoolUserEvent: {"tenant_id": "acme", "email": "admin@acme.example.com"},
    RoleEvent: {"tenant_id": "acme", "email": "admin@acme.example.com", "role": "viewer"},
    ListEvent: {"limit": 10, "after": "acme"},
}
MODELS = list(GOOD)
NAMED = [model for model in MODELS if "tenant_id" in GOOD[model]]
GRAMMAR = "must have 3 to 32 lower-case letters, digits or '-', with no '-' at either end"


def refusal(model: type[Event], **fields: Any) -> str:
    """Return the sentence with which a good event, but for these fields, is refused."""
    with pytest.raises(InvalidEventError) as refused:
        parse_event(GOOD[model] | fields, model)
    return str(refused.value)


@pytest.mark.parametrize("model", MODELS)
def test_a_good_event_is_read_field_by_field(model: type[Event]) -> None:
    """The twin of all refusals below."""
    parsed = parse_event(GOOD[model] | {"actor": "somebody"}, model)
    assert {name: getattr(parsed, name) for name in GOOD[model]} == GOOD[model]
    assert parsed.actor == "somebody"


@pytest.mark.parametrize("model", MODELS)
def test_an_unknown_field_is_refused_by_name(model: type[Event]) -> None:
    """A typing error must not look like something that was left out."""
    assert refusal(model, tenantId="acme") == "tenantId: Extra inputs are not permitted"


@pytest.mark.parametrize(
    ("model", "field"),
    [(model, field) for model in MODELS for field in GOOD[model] if model.model_fields[field].is_required()],
)
def test_a_missing_field_is_refused_by_name(model: type[Event], field: str) -> None:
    """Nothing that matters has a default."""
    event = {name: value for name, value in GOOD[model].items() if name != field}
    with pytest.raises(InvalidEventError) as refused:
        parse_event(event, model)
    assert str(refused.value) == f"{field}: Field required"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("wrong", [None, 7, ["acme"], {"a": 1}, True], ids=repr)
def test_a_field_of_another_type_is_refused_by_name(model: type[Event], wrong: Any) -> None:
    """Nothing is made into text or a number."""
    for field in GOOD[model]:
        if (field, wrong) in [("limit", 7), ("after", None)]:
            continue  # these are right
        assert refusal(model, **{field: wrong}).startswith(f"{field}: ")


@pytest.mark.parametrize("model", NAMED)
@pytest.mark.parametrize(
    "tenant_id",
    [
        *(
            "",
            "ab",
            "a" * 33,
            "Acme",
            "acme-",
            "-acme",
            "a#b",
            "a/b",
            "a*b",
            'a"b',
            "a b",
            "acme\n",
            " acme",
            "\u00e4cme",
        ),
        *("acme_eu", "acme.eu", "acme#sample", "../etc", "$(id)", "acme\x00", "\uff41cme"),
    ],
)
def test_a_tenant_id_outside_the_grammar_is_refused(model: type[Event], tenant_id: str) -> None:
    """By every function, in words that say what it must be."""
    assert refusal(model, tenant_id=tenant_id) == f"tenant_id: {GRAMMAR}"


@pytest.mark.parametrize("tenant_id", ["a1b", "a" * 32, "acme-eu", "0-0", "123"])
def test_a_tenant_id_of_the_grammar_is_taken(tenant_id: str) -> None:
    """The shortest and the longest, and those with digits and hyphens."""
    assert parse_event(GOOD[OnboardEvent] | {"tenant_id": tenant_id}, OnboardEvent).tenant_id == tenant_id


@pytest.mark.parametrize("tenant_id", sorted(RESERVED_TENANT_IDS))
def test_no_reserved_id_is_onboarded(tenant_id: str) -> None:
    """A path, a log or a person could take it for something else; longer names that begin so are free."""
    assert refusal(OnboardEvent, tenant_id=tenant_id) == f"tenant_id: {tenant_id} is reserved"
    longer = f"{tenant_id}-1"
    assert parse_event(GOOD[OnboardEvent] | {"tenant_id": longer}, OnboardEvent).tenant_id == longer


def test_the_reserved_ids_are_ids_and_among_them_those_that_the_project_names() -> None:
    """One outside the grammar would be refused anyway, and only look like care."""
    assert [each for each in RESERVED_TENANT_IDS if not is_tenant_id(each)] == []
    assert {"admin", "system", "registry"} <= RESERVED_TENANT_IDS


@pytest.mark.parametrize(
    ("model", "field"), [(OnboardEvent, "admin_email"), (PoolUserEvent, "email"), (RoleEvent, "email")]
)
@pytest.mark.parametrize(
    "email",
    [
        *(
            "",
            "admin",
            "@example.com",
            "admin@",
            "admin@example",
            "a b@example.com",
            "a@b@example.com",
            "a@example..com",
        ),
        *("admin@example.com\n", " admin@example.com", '"a b"@example.com', "Ada <a@example.com>", "a@[127.0.0.1]"),
        *("a@example.com,b@example.com", "a/b", "acme/admin@example.com\x00"),
    ],
)
def test_an_email_that_is_none_is_refused(model: type[Event], field: str, email: str) -> None:
    """A login of it could never be used, and its tenant would have no administrator."""
    assert refusal(model, **{field: email}).startswith(f"{field}: is not an email address: ")


def test_an_email_is_as_long_as_cognito_takes_it_beside_the_longest_tenant_id() -> None:
    """A user is named `{tenant}/{email}`, in 128 characters."""
    longest = f"{'a' * 60}@{'b' * 22}.example.com"
    assert len("t" * 32 + "/" + longest) == 128
    assert parse_event(GOOD[PoolUserEvent] | {"email": longest}, PoolUserEvent).email == longest
    assert refusal(PoolUserEvent, email=f"a{longest}") == "email: String should have at most 95 characters"


def test_an_email_is_taken_in_lower_case() -> None:
    """Cognito would tell `A@example.com` and `a@example.com` apart; the mailbox is one."""
    assert parse_event(GOOD[PoolUserEvent] | {"email": "Ada.L@Example.COM"}, PoolUserEvent).email == "ada.l@example.com"


@pytest.mark.parametrize("role", ["", "root", "Admin", "admin ", "owner"])
def test_an_unknown_role_is_refused_with_those_that_there_are(role: str) -> None:
    """The default of nothing is a role."""
    assert refusal(RoleEvent, role=role) == "role: Input should be 'viewer', 'member' or 'admin'"


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_named_by_its_text(role: Role) -> None:
    """As JSON has no enumerations."""
    assert parse_event(GOOD[RoleEvent] | {"role": role.value}, RoleEvent).role is role


@pytest.mark.parametrize("name", ["", "a" * 201, "a\nb", "a\tb", "\x1b[2J", "a\x00", " a", "a ", "\u2028", "a\u202eb"])
def test_a_display_name_that_could_spoil_a_table_is_refused(name: str) -> None:
    """It is shown on terminals: neither empty nor endless, and no control character."""
    assert refusal(OnboardEvent, display_name=name).startswith("display_name: ")


@pytest.mark.parametrize("name", ["A", "a" * 200, "\u00c4mbo\u00df & S\u00f6hne", "[bold]", "\U0001f600"])
def test_a_display_name_is_of_any_script(name: str) -> None:
    """The twin of the refusals above."""
    assert parse_event(GOOD[OnboardEvent] | {"display_name": name}, OnboardEvent).display_name == name


@pytest.mark.parametrize("limit", [0, -1, 1001, 1.5, "10"])
def test_a_page_size_out_of_range_is_refused(limit: Any) -> None:
    """From 1 to 1000."""
    assert refusal(ListEvent, limit=limit).startswith("limit: ")


def test_a_list_begins_at_the_beginning_with_a_hundred() -> None:
    """Unless told otherwise; and goes on after what can be a tenant only."""
    event = parse_event({}, ListEvent)
    assert (event.limit, event.after) == (100, None)
    assert refusal(ListEvent, after="a#b") == f"after: {GRAMMAR}"


@pytest.mark.parametrize("actor", ["", "a" * 257, 7, None])
def test_an_actor_that_is_no_name_is_refused(actor: Any) -> None:
    """It goes into the audit log; who does not say who asks is `unnamed`."""
    assert refusal(TenantEvent, actor=actor).startswith("actor: ")
    assert parse_event(GOOD[TenantEvent], TenantEvent).actor == "unnamed"


def test_all_problems_are_named_at_once() -> None:
    """Nobody has to try three times."""
    sentence = refusal(OnboardEvent, tenant_id="A", display_name="", admin_email="x")
    assert [part.split(":")[0] for part in sentence.split("; ")] == ["tenant_id", "display_name", "admin_email"]


@pytest.mark.parametrize("event", [None, [], "acme", 7])
def test_what_is_no_object_is_refused(event: Any) -> None:
    """Lambda passes on any JSON."""
    with pytest.raises(InvalidEventError, match=r"^event: "):
        parse_event(event, TenantEvent)


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    """Somebody may have typed a password into the wrong field; neither the sentence nor its causes hold it."""
    with pytest.raises(InvalidEventError) as refused:
        parse_event({"tenant_id": "Hunter2!", "confirm": ["Hunter2!"], "x": "Hunter2!"}, OffboardEvent)
    error: BaseException | None = refused.value
    while error is not None:
        assert "Hunter2!" not in str(error)
        error = error.__cause__ or error.__context__
