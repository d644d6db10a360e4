"""The users' bodies and what the OpenAPI document says of them; what users do over HTTP is tested in test_http.py."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app import app
from chalicelib.entities.users.routes import NewUserBody, UserPatch
from chalicelib.http.requests import parse_body
from tests.support.bodies import accepted_by_document, is_accepted, refusal, written

if TYPE_CHECKING:
    from chalicelib.http.requests import Body
    from tests.support.requests import MakeRequest

GOOD = {"email": '"ann@example.com"', "display_name": '"Ann"'}
BODIES: list[tuple[type[Body], str, bool]] = [
    (NewUserBody, '{"email": "ann@example.com", "display_name": "Ann"}', True),
    (NewUserBody, '{"email": "ann@example.com"}', False),
    (NewUserBody, json.dumps({"email": "ann@example.com", "display_name": "x" * 201}), False),
    (NewUserBody, '{"email": "ann@example.com", "display_name": ""}', False),
    (NewUserBody, '{"email": "ann@example.com", "display_name": "a\\u0000"}', False),
    (UserPatch, '{"display_name": "\\u00c4nn"}', True),
    (UserPatch, '{"display_name": null}', False),
    (UserPatch, "{}", False),
]


def body(**literals: str | None) -> str:
    """Write a body of JSON literals: the good ones, these instead, without those that are None."""
    return written(GOOD | literals)


@pytest.mark.parametrize(("model", "text", "accepted"), BODIES)
def test_a_body_is_accepted_exactly_when_the_document_says_so(
    make_request: MakeRequest, model: type[Body], text: str, *, accepted: bool
) -> None:
    """Lengths, unknown fields and nulls."""
    assert accepted_by_document(app, model, text) is is_accepted(make_request, model, text) is accepted


@pytest.mark.parametrize(
    "email", ["ann", "ann@", "@example.com", "ann@example", "a b@example.com", "ann@example.com\n"]
)
def test_what_is_no_address_is_refused_by_name(make_request: MakeRequest, email: str) -> None:
    """The email and no other field is named."""
    message = refusal(make_request, body(email=json.dumps(email)), NewUserBody)
    assert message.startswith("email: ")
    assert ";" not in message


@pytest.mark.parametrize("model", [NewUserBody, UserPatch], ids=["POST", "PATCH"])
@pytest.mark.parametrize("field", ["tenant", "tenant_id", "user_id", "role", "created_at", "Email"])
def test_a_body_names_nothing_but_email_and_display_name(
    make_request: MakeRequest, model: type[Body], field: str
) -> None:
    """In particular no tenant, no id and no role."""
    message = refusal(make_request, body(**{field: '"globex"'}), model)
    assert message == f"{field}: Extra inputs are not permitted"


def test_a_patch_holds_the_given_fields_only(make_request: MakeRequest) -> None:
    """Those that are left out stay as they are, so they must not come out as anything."""
    patch = parse_body(make_request(body(email=None)), UserPatch)
    assert patch.model_dump(exclude_unset=True) == {"display_name": "Ann"}
