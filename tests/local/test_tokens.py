"""What a bad token gets, over HTTP: 401, as JSON with CORS headers, on a connection that goes on."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chalicelib.tenancy.token_tags import TAGS
from stage.http_api import Api, send_raw

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.document import LocalStage
    from stage.http_api import Answer
    from tests.support.people import Person

NOW = int(time.time())


def assert_refused(answer: Answer) -> None:
    """The API's own 401: JSON, CORS headers, a request id, and no word of the token."""
    assert answer.status == 401
    assert answer.body["Code"] == "UnauthorizedError"
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": NOW - 60}, id="expired"),
        pytest.param({"nbf": NOW + 3_600}, id="not yet valid"),
        pytest.param({"iss": "https://cognito-idp.eu-central-1.amazonaws.com/other"}, id="another pool"),
        pytest.param({"aud": "another-client"}, id="another client"),
        pytest.param({"token_use": "access"}, id="an access token's use"),
        pytest.param({"without": "custom:tenantID"}, id="no tenant"),
        pytest.param({"custom:tenantID": "Acme"}, id="tenant in capitals"),
        pytest.param({"custom:tenantID": "acme\n"}, id="tenant with a newline"),
        pytest.param({"custom:tenantID": "acme#anvil"}, id="tenant with a delimiter"),
        pytest.param({"custom:tenantID": "*"}, id="tenant with a wildcard"),
        pytest.param({"custom:tenantID": ["acme"]}, id="tenant as a list"),
        pytest.param({"custom:role": "owner"}, id="unknown role"),
        pytest.param({"without": "custom:role"}, id="no role"),
        pytest.param({"without": "exp"}, id="no expiry"),
        pytest.param({"headers": {"kid": "unknown"}}, id="unknown key"),
        pytest.param({"without": TAGS}, id="no tags"),
        pytest.param({TAGS: {"principal_tags": {"tenant": ["globex"], "role": ["member"]}}}, id="another's tag"),
        pytest.param({TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["admin"]}}}, id="another role's tag"),
        pytest.param({TAGS: {"principal_tags": {"tenant": ["acme", "globex"], "role": ["member"]}}}, id="two tenants"),
        pytest.param(
            {TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["member"], "x": ["y"]}}}, id="one tag more"
        ),
        pytest.param({TAGS: {"principal_tags": {"tenant": ["acme"]}}}, id="no tag of the role"),
        pytest.param(
            {TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["member"]}, "transitive_tag_keys": ["tenant"]}},
            id="a transitive tag",
        ),
    ],
)
def test_a_token_that_is_signed_but_not_right_is_refused(
    anyone: Api, acme: Person, forge: Callable[..., str], claims: dict[str, Any]
) -> None:
    """The pool's own signature does not help; the same token unaltered is accepted."""
    assert_refused(anyone.call("GET", "/me", headers={"Authorization": f"Bearer {forge(**claims)}"}))
    assert anyone.call("GET", "/me", headers={"Authorization": f"Bearer {forge()}"}).status == 200
    assert acme.call("GET", "/me").status == 200


def _encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _hs256(claims: dict[str, Any], secret: bytes) -> str:
    """Sign by hand: PyJWT refuses to use a public key as a shared secret."""
    signed = f"{_encoded({'alg': 'HS256', 'kid': 'dummy'})}.{_encoded(claims)}"
    signature = hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_forged_signatures_are_refused(anyone: Api, acme: Person, stage: LocalStage) -> None:
    """`alg: none`, HS256 with the public key, a stranger's RSA key, a tampered payload, no signature."""
    anyone_at_the_pool = Api(stage.aws_endpoint_url)
    header, payload, signature = acme.id_token.split(".")
    claims = jwt.decode(acme.id_token, options={"verify_signature": False})
    published = anyone_at_the_pool.call("GET", f"/{stage.user_pool_id}/.well-known/jwks.json").body["keys"][0]
    anyone_at_the_pool.close()
    published_key = jwt.PyJWK.from_dict(published).key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        f"{_encoded({'alg': 'none', 'kid': 'dummy'})}.{payload}.",
        f"{_encoded({'alg': 'none', 'kid': 'dummy'})}.{payload}.{signature}",
        _hs256(claims, published_key),
        jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "dummy"}),
        f"{header}.{_encoded(claims | {'custom:tenantID': 'globex'})}.{signature}",
        f"{header}.{payload}.",
    ]

    for token in forged:
        assert_refused(anyone.call("GET", "/me", headers={"Authorization": f"Bearer {token}"}))


def test_an_access_token_is_no_id_token(acme: Person) -> None:
    """Cognito's access token of the same user is refused."""
    assert_refused(acme.call("GET", "/me", headers={"Authorization": f"Bearer {acme.access_token}"}))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Basic YTpi",
        "Bearer \u00e9.\u00e9.\u00e9",
        "Bearer " + "x" * 30_000,
    ],
    ids=["empty", "scheme", "scheme and space", "one part", "three parts", "basic", "not ASCII", "long"],
)
def test_a_malformed_header_is_refused_and_the_connection_goes_on(anyone: Api, authorization: str) -> None:
    """Never a 500, never a dropped connection."""
    answer = anyone.call("GET", "/me", headers={"Authorization": authorization.encode().decode("latin-1")})

    assert_refused(answer)
    assert authorization.removeprefix("Bearer ").encode() not in answer.content or len(authorization) < 10
    assert anyone.call("GET", "/health").status == 200


def test_no_token_and_two_tokens_are_refused(anyone: Api, acme: Person, stage: LocalStage) -> None:
    """Without a token nobody is known; with two it is not known who."""
    assert_refused(anyone.call("GET", "/me"))
    authorization = f"Authorization: Bearer {acme.id_token}\r\n"
    request = f"GET /me HTTP/1.1\r\nHost: x\r\n{authorization * 2}Connection: close\r\n\r\n"

    assert send_raw(stage.api_url, request.encode()).startswith(b"HTTP/1.1 401 ")
