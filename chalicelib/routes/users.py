"""The users of the caller's tenant."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated, Any

from chalice.app import Blueprint, Response
from pydantic import AfterValidator, Field, model_validator

from chalicelib import wiring
from chalicelib.routes.answers import CORS
from chalicelib.routes.authorization import current_tenant, tenant_authorizer
from chalicelib.routes.requests import (
    Body,
    encode_cursor,
    parse_body,
    parse_cursor,
    parse_limit,
    parse_path_parameter,
)

if TYPE_CHECKING:
    from chalicelib.stores.users import User

users = Blueprint(__name__)

_USER_ID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")  # RFC 9562: read without regard to case
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _email(value: str) -> str:
    """Return the address as it was given, once it is known to be one."""
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 -- for the two routes that need it

    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(f"is not an email address: {error}") from None
    return value


def _printable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("must not hold control characters")
    return value


Email = Annotated[str, Field(max_length=254), AfterValidator(_printable), AfterValidator(_email)]
DisplayName = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]


class NewUserBody(Body):
    """A user to add."""

    email: Email
    display_name: DisplayName


class UserPatch(Body):
    """Some fields of a user; those that are left out stay as they are."""

    # None only ever stands for "left out": the types do not admit a null in the body.
    email: Email = Field(default=None)  # type: ignore[assignment]
    display_name: DisplayName = Field(default=None)  # type: ignore[assignment]

    @model_validator(mode="after")
    def _names_a_field(self) -> UserPatch:
        if not self.model_fields_set:
            raise ValueError("name at least one of email, display_name")
        return self


@users.route("/users", authorizer=tenant_authorizer, cors=CORS)
def list_users() -> dict[str, Any]:
    """Return a page of the tenant's users, ordered by id."""
    request = users.current_request
    limit, after = parse_limit(request), parse_cursor(request, _USER_ID)
    page, last = wiring.user_store(current_tenant(request)).page(limit=limit, after=uuid.UUID(after) if after else None)
    return {
        "users": [_answer(user) for user in page],
        "next_cursor": encode_cursor(str(last) if last else None),
    }


@users.route("/users", methods=["POST"], authorizer=tenant_authorizer, cors=CORS)
def create_user() -> Response:
    """Add a user to the directory; it creates no login."""
    request = users.current_request
    body = parse_body(request, NewUserBody)
    user = wiring.user_store(current_tenant(request)).create(email=body.email, display_name=body.display_name)
    return Response(_answer(user), status_code=201, headers={"Location": f"/users/{user.user_id}"})


@users.route("/users/{user_id}", authorizer=tenant_authorizer, cors=CORS)
def get_user(user_id: str) -> dict[str, Any]:
    """Return one of the tenant's users."""
    return _answer(wiring.user_store(current_tenant(users.current_request)).get(_parse_id(user_id)))


@users.route("/users/{user_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
def patch_user(user_id: str) -> dict[str, Any]:
    """Change some fields of one of the tenant's users."""
    request = users.current_request
    identified = _parse_id(user_id)
    changes = parse_body(request, UserPatch).model_dump(exclude_unset=True)
    return _answer(wiring.user_store(current_tenant(request)).change(identified, **changes))


@users.route("/users/{user_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
def delete_user(user_id: str) -> Response:
    """Delete one of the tenant's users."""
    wiring.user_store(current_tenant(users.current_request)).delete(_parse_id(user_id))
    return Response("", status_code=204)


def _parse_id(user_id: str) -> uuid.UUID:
    return uuid.UUID(parse_path_parameter("user_id", user_id, _USER_ID))


def _answer(user: User) -> dict[str, Any]:
    return {
        "user_id": str(user.user_id),
        "email": user.email,
        "display_name": user.display_name,
        "created_at": user.created_at.isoformat(),
    }
