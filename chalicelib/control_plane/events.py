"""What the functions that onboard, change and offboard tenants are given: parsed strictly, refused by name."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from chalicelib import PRODUCT
from chalicelib.errors import InvalidEventError
from chalicelib.tenancy.emails import checked_email
from chalicelib.tenancy.tenant import Role, is_tenant_id

#: Names that a path, a log or a person could take for something else than a tenant.
RESERVED_TENANT_IDS = frozenset(
    {
        *("admin", "administrator", "all", "api", "app", "auth", "aws", PRODUCT, "console", "default", "everyone"),
        *("health", "internal", "login", "nobody", "none", "null", "operator", "private", "public", "registry", "root"),
        *("shared", "support", "system", "tenant", "tenants", "test", "undefined", "unknown", "www"),
    }
)
_MAX_USERNAME = 128  # characters. Source: AWS, Cognito API reference, AdminCreateUser, Username


def _tenant_id(value: str) -> str:
    if not is_tenant_id(value):
        raise ValueError("must have 3 to 32 lower-case letters, digits or '-', with no '-' at either end")
    return value


def _not_reserved(value: str) -> str:
    if value in RESERVED_TENANT_IDS:
        raise ValueError(f"{value} is reserved")
    return value


def _name(value: str) -> str:
    if not value.isprintable() or value != value.strip():
        raise ValueError("must be printable, without spaces around it")
    return value


def _lower(value: str) -> str:
    return checked_email(value).lower()  # Cognito's user names differ by case, mailboxes of one person hardly


TenantId = Annotated[str, AfterValidator(_tenant_id)]
Email = Annotated[str, Field(max_length=_MAX_USERNAME - 33), AfterValidator(_lower)]


class Event(BaseModel):
    """Base of every event: unknown fields are refused. `actor` says who asks, for the audit log."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    actor: Annotated[str, AfterValidator(_name)] = Field(default="unnamed", min_length=1, max_length=256)


class TenantEvent(Event):
    """Names a tenant."""

    tenant_id: TenantId


class OnboardEvent(Event):
    """A tenant to onboard, with its first administrator."""

    tenant_id: Annotated[TenantId, AfterValidator(_not_reserved)]
    display_name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_name)]
    admin_email: Email


class OffboardEvent(TenantEvent):
    """A tenant to offboard; `confirm` repeats its id."""

    confirm: str = ""


class PoolUserEvent(TenantEvent):
    """Names a user of a tenant who can sign in."""

    email: Email


class RoleEvent(PoolUserEvent):
    """A user and a role."""

    role: Annotated[Role, Field(strict=False)]


class ListEvent(Event):
    """A page of tenants."""

    limit: int = Field(default=100, ge=1, le=1000)
    after: TenantId | None = None


AnyEvent = TypeVar("AnyEvent", bound=Event)


def parse_event(event: dict[str, Any], model: type[AnyEvent]) -> AnyEvent:
    """Read an event.

    Raises:
        InvalidEventError: it is not what the model says; the message names the fields.
    """
    try:
        return model.model_validate(event)
    except ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        sentence = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg'].removeprefix('Value error, ')}"
            for each in problems
        )
    raise InvalidEventError(sentence)  # not from the other error, which holds what was sent
