"""The users of the caller's tenant."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Annotated

from chalice.app import Blueprint, Response
from pydantic import Field
from typing_extensions import TypedDict

from chalicelib import wiring
from chalicelib.entities.users import EmailTakenError, UserNotFoundError
from chalicelib.errors import (
    DatabaseUnavailableError,
    InvalidRequestError,
    ScopedCredentialsError,
    TenantAccessDeniedError,
)
from chalicelib.http.answers import CORS
from chalicelib.http.authorization import opened, tenant_authorizer
from chalicelib.http.fields import Email, Instant, Text
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.http.parameters import (
    LIMIT,
    Parameter,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_path_parameter,
    text_of_form,
)
from chalicelib.http.requests import Body, Patch, parse_body
from chalicelib.http.row_ids import CURSOR, LOCATION

if TYPE_CHECKING:
    from chalicelib.entities.users.store import User, UserStore
    from chalicelib.vending.handles import Handle

blueprint = Blueprint(__name__)

_USER_ID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")  # RFC 9562: read without regard to case


class NewUserBody(Body):
    """A user to add."""

    email: Email
    display_name: Text


class UserPatch(Patch):
    """Some fields of a user."""

    email: Email = Field(default=None)  # type: ignore[assignment]
    display_name: Text = Field(default=None)  # type: ignore[assignment]


class UserAnswer(TypedDict):
    """A user of the caller's tenant."""

    user_id: Annotated[str, Field(json_schema_extra={"format": "uuid"})]
    email: Email
    display_name: Text
    created_at: Instant


class UsersAnswer(TypedDict):
    """A page of the tenant's users."""

    users: list[UserAnswer]
    next_cursor: str | None


_ID = Parameter("user_id", "Names the user; upper or lower case.", text_of_form(_USER_ID))
_ERRORS = (InvalidRequestError, TenantAccessDeniedError, ScopedCredentialsError, DatabaseUnavailableError)


@blueprint.route("/users", authorizer=tenant_authorizer, cors=CORS)
@Operation(
    query=(LIMIT, CURSOR),
    answers={200: DescribedResponse("A page of the users.", UsersAnswer)},
    errors=_ERRORS,
)
def list_users() -> UsersAnswer:
    """Return a page of the tenant's users, ordered by id."""
    request = blueprint.current_request
    limit, after = parse_limit(request), parse_cursor(request, _USER_ID)
    page, last = store_of(opened(request)).page(limit=limit, after=uuid.UUID(after) if after else None)
    return {
        "users": [_answer(user) for user in page],
        "next_cursor": encode_cursor(str(last) if last else None),
    }


@blueprint.route("/users", methods=["POST"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    body=NewUserBody,
    answers={201: DescribedResponse("The new user.", UserAnswer, (LOCATION,))},
    errors=(*_ERRORS, EmailTakenError),
)
def create_user() -> Response:
    """Add a user to the directory; it creates no login."""
    request = blueprint.current_request
    body = parse_body(request, NewUserBody)
    user = store_of(opened(request)).create(email=body.email, display_name=body.display_name)
    return Response(_answer(user), status_code=201, headers={"Location": f"/users/{user.user_id}"})


@blueprint.route("/users/{user_id}", authorizer=tenant_authorizer, cors=CORS)
@Operation(path=(_ID,), answers={200: DescribedResponse("The user.", UserAnswer)}, errors=(*_ERRORS, UserNotFoundError))
def get_user(user_id: str) -> UserAnswer:
    """Return one of the tenant's users."""
    return _answer(store_of(opened(blueprint.current_request)).get(_parse_id(user_id)))


@blueprint.route("/users/{user_id}", methods=["PATCH"], authorizer=tenant_authorizer, cors=CORS)
@Operation(
    path=(_ID,),
    body=UserPatch,
    answers={200: DescribedResponse("The user as it is now.", UserAnswer)},
    errors=(*_ERRORS, UserNotFoundError, EmailTakenError),
)
def patch_user(user_id: str) -> UserAnswer:
    """Change some fields of one of the tenant's users."""
    request = blueprint.current_request
    identified = _parse_id(user_id)
    changes = parse_body(request, UserPatch).model_dump(exclude_unset=True)
    return _answer(store_of(opened(request)).change(identified, **changes))


@blueprint.route("/users/{user_id}", methods=["DELETE"], authorizer=tenant_authorizer, cors=CORS)
@Operation(path=(_ID,), answers={204: DescribedResponse("The user is gone.")}, errors=(*_ERRORS, UserNotFoundError))
def delete_user(user_id: str) -> Response:
    """Delete one of the tenant's users."""
    store_of(opened(blueprint.current_request)).delete(_parse_id(user_id))
    return Response("", status_code=204)


def _parse_id(user_id: str) -> uuid.UUID:
    return uuid.UUID(parse_path_parameter("user_id", user_id, _USER_ID))


def _answer(user: User) -> UserAnswer:
    return {
        "user_id": str(user.user_id),
        "email": user.email,
        "display_name": user.display_name,
        "created_at": user.created_at.isoformat(),
    }


def store_of(handle: Handle) -> UserStore:
    """Return the tenant's users, reached with the session of the handle."""
    from chalicelib.entities.users.store import UserStore

    return UserStore.of(wiring.database(), handle)
