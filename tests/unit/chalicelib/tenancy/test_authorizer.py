"""From a bearer token to the execute-api policy and the context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import AuthRequest

from chalicelib.errors import InvalidTokenError
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.permissions import PERMISSIONS
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.tokens import JwtTokenManager
from tests.unit.user_pool import AUDIENCE, ISSUER

if TYPE_CHECKING:
    from tests.unit.user_pool import UserPool

API = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/api"


@pytest.fixture(scope="module")
def tokens(user_pool: UserPool) -> JwtTokenManager:
    """The application's token manager."""
    return JwtTokenManager(
        issuer=ISSUER, audience=AUDIENCE, keys=SigningKeys("https://x.invalid", fetch=lambda _: user_pool.jwks())
    )


def answer(header: str, tokens: JwtTokenManager, method_arn: str = f"{API}/GET/me") -> dict[str, Any]:
    """Return what API Gateway gets from the authorizer."""
    document: dict[str, Any] = authorize(header, tokens, lambda _: True).to_dict(
        AuthRequest("TOKEN", header, method_arn)
    )
    return document


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("asked_for", ["GET/me", "GET/samples", "PUT/samples/a-b", "DELETE/samples/x", "GET/unknown"])
def test_the_policy_opens_every_route_of_the_role_and_nothing_else(
    tokens: JwtTokenManager, user_pool: UserPool, role: Role, asked_for: str
) -> None:
    """API Gateway caches the policy per token: it must not depend on the route that was asked for first."""
    header = f"Bearer {user_pool.token({'custom:role': role.value})}"

    policy = answer(header, tokens, f"{API}/{asked_for}")["policyDocument"]

    assert policy == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Action": "execute-api:Invoke",
                "Effect": "Allow",
                "Resource": [f"{API}/{method}{path}" for method, path in PERMISSIONS[role]],
            }
        ],
    }


@pytest.mark.parametrize(
    "api",
    [
        "arn:aws:execute-api:us-east-1:210987654321:zzzzzzzzzz/dev",
        "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/api",
    ],
)
def test_the_policy_opens_routes_of_the_asking_api_and_stage_only(
    tokens: JwtTokenManager, user_pool: UserPool, api: str
) -> None:
    """A policy with a wildcard there would open every API of the account."""
    resources = answer(f"Bearer {user_pool.token()}", tokens, f"{api}/GET/me")["policyDocument"]["Statement"][0][
        "Resource"
    ]

    assert all(resource.startswith(f"{api}/") for resource in resources)
    assert not any("*" in resource.removesuffix("/*") for resource in resources)


def test_the_context_is_the_tenant_context_and_the_principal_is_the_user(
    tokens: JwtTokenManager, user_pool: UserPool
) -> None:
    """This is all that a handler will ever know about its caller."""
    document = answer(f"Bearer {user_pool.token({'name': 'x', 'tenant': 'globex'})}", tokens)

    assert document["principalId"] == "b7c5d1c0-0000-4000-8000-000000000001"
    assert document["context"] == {
        "tenant": "acme",
        "role": "member",
        "user_id": "b7c5d1c0-0000-4000-8000-000000000001",
        "email": "member@acme.example.com",
    }
    assert document.keys() == {"principalId", "context", "policyDocument"}


def test_a_tenant_that_is_not_active_gets_a_policy_that_opens_nothing(
    tokens: JwtTokenManager, user_pool: UserPool
) -> None:
    """For every role; it is asked for the token's tenant, and its active twin gets its routes."""
    asked: list[str] = []

    def is_active(tenant_id: str) -> bool:
        asked.append(tenant_id)
        return tenant_id == "acme"

    for role in Role:
        for tenant_id in ("acme", "acme-eu"):
            token = user_pool.token({"custom:role": role.value, "custom:tenantID": tenant_id})
            routes = authorize(f"Bearer {token}", tokens, is_active).routes
            assert bool(routes) is (tenant_id == "acme")
    assert asked == ["acme", "acme-eu"] * len(Role)


def test_the_registry_is_not_asked_about_a_token_that_proves_nothing(
    tokens: JwtTokenManager, foreign_pool: UserPool
) -> None:
    """Else anybody could have it asked about any tenant."""

    def is_active(tenant_id: str) -> bool:
        raise AssertionError(tenant_id)

    with pytest.raises(InvalidTokenError):
        authorize(f"Bearer {foreign_pool.token()}", tokens, is_active)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEARER"])
def test_the_case_of_the_scheme_does_not_matter(tokens: JwtTokenManager, user_pool: UserPool, scheme: str) -> None:
    """RFC 7235 section 2.1."""
    assert answer(f"{scheme} {user_pool.token()}", tokens)["context"]["tenant"] == "acme"


@pytest.mark.parametrize(
    "form",
    [
        pytest.param("", id="empty"),
        pytest.param("{}", id="token without a scheme"),
        pytest.param("Bearer", id="scheme without a token"),
        pytest.param("Bearer ", id="scheme and a space"),
        pytest.param("Bearer{}", id="no space"),
        pytest.param("Bearer  {}", id="two spaces"),
        pytest.param("Bearer\t{}", id="tab"),
        pytest.param("Bearer\u00a0{}", id="no-break space"),
        pytest.param(" Bearer {}", id="leading space"),
        pytest.param("Bearer {} ", id="trailing space"),
        pytest.param("Bearer {}\n", id="trailing newline"),
        pytest.param("Bearer {}=", id="padded token"),
        pytest.param("Bearer {},", id="trailing comma"),
        pytest.param("Bearer {0}, Bearer {0}", id="two tokens"),
        pytest.param("Bearer {0} {0}", id="two tokens, one scheme"),
        pytest.param("Bearer {}.e30", id="four parts"),
        pytest.param('Bearer "{}"', id="quoted token"),
        pytest.param("Basic {}", id="another scheme"),
        pytest.param("Bearerx {}", id="longer scheme"),
        pytest.param("\uff22earer {}", id="fullwidth letter"),
    ],
)
def test_a_header_of_any_other_form_is_refused_although_its_token_is_good(
    tokens: JwtTokenManager, user_pool: UserPool, form: str
) -> None:
    """RFC 6750 section 2.1; one caller has one spelling."""
    with pytest.raises(InvalidTokenError) as refused:
        authorize(form.format(user_pool.token()), tokens, lambda _: True)
    assert refused.value.reason == "the Authorization header is not a bearer token"
