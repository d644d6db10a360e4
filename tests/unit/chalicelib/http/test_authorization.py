"""The Lambda authorizer, and the only way from a request to its tenant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.errors import InvalidTenantError
from chalicelib.http.authorization import current_tenant
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.settings import ENVIRONMENT

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython
    from tests.support.requests import MakeRequest
    from tests.unit.user_pool import UserPool

CONTEXT = {"tenant": "acme", "role": "member", "user_id": "user-1", "email": "m@example.com"}

#: Calls the authorizer as the Lambda service does, and prints for each header what came of it, and the log.
CALL_AUTHORIZER = """
import io, json, logging, os
log = io.StringIO()
logging.basicConfig(stream=log, level=logging.DEBUG)
from chalicelib.http.authorization import tenant_authorizer

def call(header):
    event = {"type": "TOKEN", "authorizationToken": header, "methodArn": "arn:aws:execute-api:r:1:api/stage/GET/me"}
    try:
        return tenant_authorizer(event, None)
    except Exception as error:
        return {"error": type(error).__name__, "message": str(error)}

print(json.dumps({"answers": [call(h) for h in json.loads(os.environ["HEADERS"])], "log": log.getvalue()}))
"""
NO_ROUTE = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": []}


def settings(url: str, **more: str) -> dict[str, str]:
    """Return the environment of the authorizer's function, to which one stub is the user pool and the registry."""
    return {
        **ENVIRONMENT,
        "JWKS_URL": f"{url}/jwks.json",
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "ASIAAUTHORIZER",
        "AWS_SECRET_ACCESS_KEY": "secret",
        **more,
    }


def behind(pool: UserPool, registry: StubAnswer | None = None) -> HttpStub:
    """Return what stands behind the authorizer: keys, and a registry in which acme is active unless told otherwise."""

    def answer(asked: Asked) -> StubAnswer:
        if asked.path == "/jwks.json":
            return StubAnswer(body=json.dumps(pool.jwks()).encode())
        known = json.loads(asked.body)["Key"] == {"tenant_id": {"S": "acme"}}
        return registry or StubAnswer(body=b'{"Item": {"status": {"S": "active"}}}' if known else b"{}")

    return HttpStub(answer)


def call_authorizer(run_python: RunPython, environment: dict[str, str], *headers: str) -> tuple[list[Any], str]:
    """Return what the authorizer answers to each header, and what it logs."""
    done = run_python(CALL_AUTHORIZER, {**environment, "HEADERS": json.dumps(headers)})
    return done["answers"], done["log"]


def test_the_authorizer_answers_good_tokens_and_refuses_bad_ones(
    run_python: RunPython, user_pool: UserPool, foreign_pool: UserPool
) -> None:
    """A refusal is the error text of which API Gateway makes a 401; its reason is logged, its token is not."""
    good, foreign = user_pool.token(), foreign_pool.token()
    with behind(user_pool) as stub:
        (allowed, refused, empty, again), log = call_authorizer(
            run_python, settings(stub.url), f"Bearer {good}", f"Bearer {foreign}", "", f"Bearer {good}"
        )
    assert again == allowed
    assert allowed["context"]["tenant"] == "acme"
    assert allowed["policyDocument"]["Statement"][0]["Resource"][0] == "arn:aws:execute-api:r:1:api/stage/GET/me"
    assert refused == empty == {"error": "InvalidTokenError", "message": "Unauthorized"}
    assert "token refused: Signature verification failed" in log
    assert "token refused: the Authorization header is not a bearer token" in log
    assert not any(part in log for token in (good, foreign) for part in token.split(".")[1:])
    assert [asked.path for asked in stub.asked] == ["/jwks.json", "/"], "keys and status are asked once per container"


@pytest.mark.parametrize("tenant_id", ["acme", "acme-eu", "acme1"])
@pytest.mark.parametrize("status", ["onboarding", "active", "suspended", "offboarding", "offboarded", None])
def test_a_good_token_opens_no_route_unless_its_tenant_is_active(
    run_python: RunPython, user_pool: UserPool, tenant_id: str, status: str | None
) -> None:
    """The registry decides, and about this very tenant; the answer is a refusal that sends nobody to sign in again."""
    stored = json.dumps({"Item": {"status": {"S": status}}} if status else {}).encode()
    token = user_pool.token({"custom:tenantID": tenant_id})
    with behind(user_pool, StubAnswer(body=stored)) as stub:
        (answer,), log = call_authorizer(run_python, settings(stub.url), f"Bearer {token}")
    assert json.loads(stub.asked[-1].body)["Key"] == {"tenant_id": {"S": tenant_id}}
    if status == "active":
        assert answer["policyDocument"]["Statement"][0]["Resource"]
    else:
        assert answer["policyDocument"]["Statement"] == [NO_ROUTE]
        assert f"{tenant_id} is not active" in log
    assert answer["context"]["tenant"] == tenant_id


@pytest.mark.parametrize("status", [400, 500])
def test_a_registry_that_cannot_be_asked_lets_nobody_in_and_sends_nobody_to_sign_in(
    run_python: RunPython, user_pool: UserPool, status: int
) -> None:
    """The error is none of which API Gateway makes a 401."""
    refusal = b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}'
    with behind(user_pool, StubAnswer(status, refusal)) as stub:
        (answer,), _ = call_authorizer(run_python, settings(stub.url), f"Bearer {user_pool.token()}")
    assert answer["error"] == "StoreUnavailableError"
    assert "Unauthorized" not in answer["message"]


def test_where_an_error_cannot_be_answered_the_authorizer_refuses_by_policy(
    run_python: RunPython, user_pool: UserPool, foreign_pool: UserPool
) -> None:
    """Plain `chalice local` drops the connection when an authorizer raises: it gets a policy that opens nothing."""
    with behind(user_pool) as stub:
        environment = settings(stub.url, AUTHORIZER_REFUSES_BY="policy")
        (allowed, refused), _ = call_authorizer(
            run_python, environment, f"Bearer {user_pool.token()}", f"Bearer {foreign_pool.token()}"
        )
    assert allowed["policyDocument"]["Statement"][0]["Resource"]
    assert refused["policyDocument"]["Statement"] == [NO_ROUTE]
    assert refused["context"] == {}


def test_keys_that_cannot_be_fetched_are_no_refusal_of_the_token(run_python: RunPython, user_pool: UserPool) -> None:
    """Nobody is told to sign in again because of it."""
    with HttpStub(lambda _: StubAnswer(status=500)) as stub:
        (answer,), _ = call_authorizer(run_python, settings(stub.url), f"Bearer {user_pool.token()}")
    assert answer["error"] == "SigningKeysUnavailableError"


def test_an_authorizer_without_settings_lets_nobody_in(run_python: RunPython, user_pool: UserPool) -> None:
    """It fails, and API Gateway lets no request through when an authorizer fails."""
    (answer,), _ = call_authorizer(run_python, {}, f"Bearer {user_pool.token()}")
    assert answer["error"] == "ConfigError"


def test_the_tenant_is_the_one_that_the_authorizer_verified(make_request: MakeRequest) -> None:
    """Not one that a path, a query, a body, a header or a stage variable names."""
    request = make_request('{"tenant": "globex"}', query={"tenant": ["globex"]}, authorizer=CONTEXT)
    assert current_tenant(request) == TenantContext("acme", Role.MEMBER, "user-1", "m@example.com")


@pytest.mark.parametrize(
    "authorizer",
    [
        pytest.param(None, id="absent"),
        pytest.param({}, id="empty"),
        pytest.param({"principalId": "user-1"}, id="without a context"),
        pytest.param({**CONTEXT, "tenant": ""}, id="empty tenant"),
        pytest.param({**CONTEXT, "tenant": "acme#"}, id="tenant outside the grammar"),
        pytest.param({**CONTEXT, "role": "root"}, id="unknown role"),
        pytest.param({"claims": CONTEXT}, id="another kind of authorizer"),
    ],
)
def test_a_request_without_a_verified_context_has_no_tenant(
    make_request: MakeRequest, authorizer: dict[str, Any] | None
) -> None:
    """There is no default tenant: a route that lost its authorizer fails instead of guessing."""
    with pytest.raises(InvalidTenantError):
        current_tenant(make_request('{"tenant": "acme"}', query={"tenant": ["acme"]}, authorizer=authorizer))
