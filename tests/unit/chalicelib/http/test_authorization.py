"""The Lambda authorizer, and the only way from a request to its tenant."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from chalice.app import Response

from chalicelib import wiring
from chalicelib.errors import HandleClosedError, InvalidTenantError, InvalidTokenError
from chalicelib.http.answers import finish_answer
from chalicelib.http.authorization import current_tenant, opened
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.tenancy.token_tags import TAGS
from chalicelib.vending.sessions import Session
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.settings import ENVIRONMENT
from tests.unit.user_pool import tags_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Request

    from chalicelib.vending.handles import Handle
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


def test_the_authorizer_requires_that_tags_and_attributes_agree(run_python: RunPython, user_pool: UserPool) -> None:
    """STS would tag the session with the tags; a token that was issued before there was a trigger has none.

    Who has such a one signs in again, or refreshes, which adds them.
    """
    bad = [
        user_pool.token(without=[TAGS]),
        user_pool.token({TAGS: tags_of("globex", "member")}),
        user_pool.token({TAGS: tags_of("acme", "admin")}),
        user_pool.token({TAGS: {**tags_of("acme", "member"), "transitive_tag_keys": ["tenant"]}}),
    ]
    with behind(user_pool) as stub:
        answers, log = call_authorizer(run_python, settings(stub.url), *(f"Bearer {token}" for token in bad))
    assert answers == [{"error": "InvalidTokenError", "message": "Unauthorized"}] * len(bad)
    assert log.count("the token's tags are missing, or are not its user's tenant and role") == len(bad)


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


class RecordingSessions:
    """Stands for the vending machine: one session for each token, and what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.session = Session.of_function("acme", Role.MEMBER)

    def of(self, token: str) -> Session:
        """See Sessions."""
        self.asked.append(token)
        return self.session


@pytest.fixture
def vending(monkeypatch: pytest.MonkeyPatch) -> RecordingSessions:
    """The vending machine of the application."""
    machine = RecordingSessions()
    monkeypatch.setattr(wiring, "sessions", lambda: machine)
    monkeypatch.setattr(wiring, "config", lambda: pytest.fail("no setting is read"))
    return machine


def seen_by(request: Request, view: Callable[[], object]) -> Any:
    """Serve a request by a view, through the middleware that closes what it opens; return what the view returned."""
    seen: list[object] = []

    def answer(_: Any) -> Response:
        seen.append(view())
        return Response("")

    finish_answer(request, answer)
    return seen[0]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_of_a_request_chooses_the_session_and_the_authorizers_context_the_names(
    make_request: MakeRequest, vending: RecordingSessions, scheme: str
) -> None:
    """Nothing else of the request does, nor is a session asked for before it is needed."""
    request = make_request(
        '{"token": "d.e.f"}',
        query={"token": ["d.e.f"]},
        headers={"authorization": f"{scheme} a.b.c", "x-token": "d.e.f"},
        authorizer={**CONTEXT, "token": "d.e.f"},
    )

    def view() -> object:
        handle = opened(request)
        assert handle.tenant == TenantContext("acme", Role.MEMBER, "user-1", "m@example.com")
        assert vending.asked == []
        return handle.session()

    assert seen_by(request, view) is vending.session
    assert vending.asked == ["a.b.c"]


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "a.b.c", "Basic a.b.c", "Bearer a.b", "Bearer a.b.c x"]
)
def test_a_request_without_a_token_opens_no_session(
    make_request: MakeRequest, vending: RecordingSessions, header: str | None
) -> None:
    """Though an authorizer, of another kind perhaps, has put a tenant into its context: 401."""
    headers = {} if header is None else {"authorization": header}
    request = make_request(headers=headers, authorizer=CONTEXT)
    with pytest.raises(InvalidTokenError) as refused:
        seen_by(request, lambda: opened(request).session())
    assert refused.value.STATUS_CODE == 401
    assert vending.asked == []


def test_a_token_without_a_verified_context_opens_nothing(
    make_request: MakeRequest, vending: RecordingSessions
) -> None:
    """A route that lost its authorizer."""
    request = make_request(headers={"authorization": "Bearer a.b.c"})
    with pytest.raises(InvalidTenantError):
        seen_by(request, lambda: opened(request))
    assert vending.asked == []


def test_what_a_view_opens_ends_with_its_answer(make_request: MakeRequest, vending: RecordingSessions) -> None:
    """However it is kept, and whether the next request is the same tenant's or another's."""
    request = make_request(headers={"authorization": "Bearer a.b.c"}, authorizer=CONTEXT)
    with pytest.raises(HandleClosedError):
        opened(request)
    kept: Handle = seen_by(request, lambda: opened(request))
    with pytest.raises(HandleClosedError):
        kept.session()
    with pytest.raises(HandleClosedError) as refused:
        seen_by(request, kept.session)
    assert refused.value.STATUS_CODE == 403
    assert vending.asked == []


def test_a_request_that_was_kept_opens_nothing_but_the_present_ones_session(
    make_request: MakeRequest, vending: RecordingSessions
) -> None:
    """A closure over a request, as in a store that is made when it is first needed: IAM refuses the other's rows."""
    kept = make_request(headers={"authorization": "Bearer a.b.c"}, authorizer=CONTEXT)
    vending.session = Session.of_function("globex", Role.MEMBER)
    present = make_request(headers={"authorization": "Bearer d.e.f"}, authorizer={**CONTEXT, "tenant": "globex"})

    def view() -> str:
        handle = opened(kept)
        handle.session()
        return handle.tenant.tenant_id

    assert seen_by(present, view) == "acme"
    assert vending.asked == ["d.e.f"]


def test_a_handle_is_written_without_its_token(make_request: MakeRequest, vending: RecordingSessions) -> None:
    """As a debugger, or a tool that reports errors with the values of variables, writes it."""
    request = make_request(headers={"authorization": "Bearer secret.secret.secret"}, authorizer=CONTEXT)

    def view() -> str:
        handle = opened(request)
        handle.session()
        return f"{handle!r} {vars(handle._scope)!r}"

    assert "secret" not in seen_by(request, view)
    assert vending.asked == ["secret.secret.secret"]


def test_a_token_of_another_tenant_than_the_authorizer_verified_opens_no_session(
    make_request: MakeRequest, vending: RecordingSessions
) -> None:
    """A request with two tokens, of which one was judged and the other is read here: past suspension and audit."""
    request = make_request(headers={"authorization": "Bearer a.b.c"}, authorizer={**CONTEXT, "tenant": "globex"})
    with pytest.raises(InvalidTokenError):
        seen_by(request, lambda: opened(request).session())
    assert vending.asked == ["a.b.c"]
