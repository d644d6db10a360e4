"""The long-lived objects: each built on its first use and once per container.

What a container has is global, so each test here runs in an interpreter of its own.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from chalicelib import PRODUCT
from chalicelib.config import SETTINGS, Strategy
from chalicelib.tenancy.token_tags import TAGS
from chalicelib.wiring import _once
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.settings import ENVIRONMENT
from tests.unit.user_pool import ISSUER, UserPool, tags_of

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

THREADS = 16
UNKNOWN = UserPool("key-unknown")
OF_THE_FUNCTION = {
    **ENVIRONMENT,
    "AWS_ACCESS_KEY_ID": "ASIALAMBDA",
    "AWS_SECRET_ACCESS_KEY": "lambda-secret",
    "AWS_SESSION_TOKEN": "lambda-token",
}
VENDED = """<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result><Credentials>
<AccessKeyId>ASIATENANT</AccessKeyId><SecretAccessKey>tenant-secret</SecretAccessKey>
<SessionToken>tenant-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></{0}Result></{0}Response>"""
REFUSED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"""
WEB_IDENTITY, ASSUME_ROLE, KEYS, ROWS = "AssumeRoleWithWebIdentity", "AssumeRole", "the keys", "the rows"
#: What asks STS for a session under each strategy, and with whose key.
VENDING = {
    Strategy.WEB_IDENTITY: (WEB_IDENTITY, None),
    Strategy.SESSION_TAGS: (ASSUME_ROLE, "ASIALAMBDA"),
    Strategy.SESSION_POLICY: (ASSUME_ROLE, "ASIALAMBDA"),
}
OF_THE_KEYS, OF_THE_ROWS = (KEYS, "ASIALAMBDA"), (ROWS, "ASIATENANT")

#: Lists acme's rows of a kind as a route does, once for each token, and prints what came of it and what is loaded.
LIST = """
import json, os, sys
from chalice.app import Request
from chalicelib import wiring
from chalicelib.data.storage import Kind, Sharding
from chalicelib.http.authorization import opened
from chalicelib.vending.handles import request_scope

def page(token):
    verified = {"tenant": "acme", "role": "member", "user_id": "u", "email": "e"}
    event = {"headers": {"Authorization": f"Bearer {token}"}, "multiValueQueryStringParameters": None, "body": "",
             "pathParameters": None, "stageVariables": None, "isBase64Encoded": False,
             "requestContext": {"httpMethod": "GET", "resourcePath": "/samples", "authorizer": verified}}
    try:
        with request_scope(lambda: wiring.sessions().of(token)):
            wiring.table(opened(Request(event, None)), Kind("sample", Sharding(1))).page(limit=1, after=None)
        return "a page"
    except Exception as error:
        return type(error).__name__

print(json.dumps([[page(token), "jwt" in sys.modules] for token in json.loads(os.environ["TOKENS"])]))
"""

SERVICES_LOADED = """
import json, sys
{code}
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}} & {{"boto3", "botocore", "jwt", "pydantic"}})))
"""


def called(asked: Asked) -> tuple[str, str | None]:
    """Return what a request asks for, and the key it is signed with, if it is."""
    authorization = asked.headers.get("authorization", "")
    key = authorization.split("Credential=")[1].split("/")[0] if authorization else None
    action = parse_qs(asked.body.decode()).get("Action")
    if action is not None:
        return action[0], key
    tables = {"example": ROWS, "example-signing-keys": KEYS, "example-tenants": "the registry"}
    return tables[json.loads(asked.body)["TableName"]], key


def stored(pool: UserPool, at: datetime | None = None) -> bytes:
    """Return DynamoDB's answer with the copy of a pool's keys, fetched now unless told otherwise."""
    fetched_at = (at or datetime.now(UTC)).isoformat()
    return json.dumps({"Item": {"keys": {"S": json.dumps(pool.jwks())}, "fetched_at": {"S": fetched_at}}}).encode()


class Aws(HttpStub):
    """STS and DynamoDB as they answer when all is well, or as told."""

    def __init__(self, pool: UserPool, *, sts: StubAnswer | None = None, keys: bytes | None = None) -> None:
        self._sts = sts
        self._keys = stored(pool) if keys is None else keys
        super().__init__(self._answer)

    def _answer(self, asked: Asked) -> StubAnswer:
        what, _ = called(asked)
        if what in {WEB_IDENTITY, ASSUME_ROLE}:
            return self._sts or StubAnswer(body=VENDED.format(what).encode(), headers={"Content-Type": "text/xml"})
        return StubAnswer(body=self._keys if what == KEYS else b'{"Items": [], "Count": 0, "ScannedCount": 0}')

    def called(self) -> list[tuple[str, str | None]]:
        """Return what was asked, and with whose key."""
        return [called(asked) for asked in self.asked]


def listed(run_python: RunPython, aws: HttpStub, *tokens: str, **changed: str) -> list[str]:
    """List acme's rows with each of these tokens, and return what came of it."""
    done = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": aws.url, "TOKENS": json.dumps(tokens), **changed})
    return [outcome for outcome, _ in done]


def test_by_web_identity_a_tenants_first_request_needs_no_right_of_the_function(
    run_python: RunPython, user_pool: UserPool
) -> None:
    """STS is asked without a signature; a function without any credentials serves it, and loads no JWT library."""
    token = user_pool.token()
    with Aws(user_pool) as aws:
        environment = {**ENVIRONMENT, "AWS_ENDPOINT_URL": aws.url, "TOKENS": json.dumps([token, token])}
        done = run_python(LIST, environment)

    assert done == [["a page", False]] * 2
    assert aws.called() == [(WEB_IDENTITY, None), OF_THE_ROWS, OF_THE_ROWS]
    sent = parse_qs(aws.asked[0].body.decode())
    assert sent["WebIdentityToken"] == [token]
    assert sent["RoleArn"] == [ENVIRONMENT["TENANT_ROLE_ARN"]]
    assert (
        json.loads(aws.asked[1].body).items()
        >= {"TableName": "example", "ExpressionAttributeValues": {":pk": {"S": "acme#sample#0"}}}.items()
    )
    assert {asked.headers["x-amz-security-token"] for asked in aws.asked[1:]} == {"tenant-token"}
    # botocore's own takes a tenth of a request's time to put together.
    assert {asked.headers["user-agent"] for asked in aws.asked} == {PRODUCT}


def test_by_web_identity_further_tokens_of_a_tenant_are_verified_by_the_stored_keys(
    run_python: RunPython, user_pool: UserPool
) -> None:
    """The first of them costs one read of the keys, later ones none; STS is not asked again."""
    tokens = [user_pool.token({"sub": f"user-{number}"}) for number in range(4)]
    with Aws(user_pool) as aws:
        assert listed(run_python, aws, *tokens, tokens[1]) == ["a page"] * 5
    assert aws.called() == [(WEB_IDENTITY, None), OF_THE_ROWS, OF_THE_KEYS, *[OF_THE_ROWS] * 4]
    keys = json.loads(aws.asked[2].body)
    assert (keys["TableName"], keys["Key"]) == ("example-signing-keys", {"issuer": {"S": ISSUER}})


@pytest.mark.parametrize("strategy", [Strategy.SESSION_TAGS, Strategy.SESSION_POLICY])
def test_by_the_other_strategies_the_functions_own_key_signs_what_assumes_the_role(
    run_python: RunPython, user_pool: UserPool, strategy: Strategy
) -> None:
    """And reads the keys, before anything else; data are reached with the tenant's key all the same."""
    tokens = [user_pool.token({"sub": f"user-{number}"}) for number in range(2)]
    with Aws(user_pool) as aws:
        assert listed(run_python, aws, *tokens, tokens[0], VENDING_STRATEGY=strategy) == ["a page"] * 3
    assert aws.called() == [OF_THE_KEYS, (ASSUME_ROLE, "ASIALAMBDA"), *[OF_THE_ROWS] * 3]
    sent = parse_qs(aws.asked[1].body.decode())
    assert (sent["RoleArn"], sent["Tags.member.1.Value"]) == ([ENVIRONMENT["TENANT_ROLE_ARN"]], ["acme"])
    assert ("Policy" in sent) is (strategy is Strategy.SESSION_POLICY)


def test_a_session_per_user_costs_a_call_of_sts_for_each(run_python: RunPython, user_pool: UserPool) -> None:
    """As SESSION_PER says."""
    tokens = [user_pool.token({"sub": f"user-{number}"}) for number in range(2)]
    with Aws(user_pool) as aws:
        assert listed(run_python, aws, *tokens, *tokens, SESSION_PER="user") == ["a page"] * 4
    assert [what for what, _ in aws.called()].count(WEB_IDENTITY) == 2


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_bad_token_of_a_tenant_that_is_kept_gets_nothing_of_it(
    run_python: RunPython, user_pool: UserPool, foreign_pool: UserPool, strategy: Strategy
) -> None:
    """Each is refused with a 401, though it names the tenant whose session is at hand; STS gets none of them."""
    good, now = user_pool.token(), int(time.time())
    bad = {
        "forged": foreign_pool.token(),
        "expired on the way": user_pool.token({"exp": now - 11}),
        "not valid yet": user_pool.token({"nbf": now + 60}),
        "another client": user_pool.token({"aud": "another-client"}),
        "another pool": user_pool.token({"iss": f"{ISSUER}2"}),
        "an access token": user_pool.token({"token_use": "access"}),
        "without tags": user_pool.token(without=[TAGS]),
        "another tenant's tags": user_pool.token({TAGS: tags_of("globex", "member")}),
        "another role's tags": user_pool.token({TAGS: tags_of("acme", "admin")}),
        "two tenants": user_pool.token({TAGS: {"principal_tags": {"tenant": ["acme", "globex"], "role": ["member"]}}}),
        "one tag more": user_pool.token(
            {TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["member"], "x": ["y"]}}}
        ),
        "transitive": user_pool.token({TAGS: {**tags_of("acme", "member"), "transitive_tag_keys": ["tenant"]}}),
        "outside the grammar": user_pool.token({"custom:tenantID": "acme#"}),
        "unsigned": ".".join([*good.split(".")[:2], ""]),
    }
    with Aws(user_pool) as aws:
        outcomes = listed(run_python, aws, good, *bad.values(), good, VENDING_STRATEGY=strategy)

    assert dict(zip(bad, outcomes[1:-1], strict=True)) == dict.fromkeys(bad, "InvalidTokenError")
    assert (outcomes[0], outcomes[-1]) == ("a page", "a page")
    assert sorted(aws.called(), key=str) == sorted([VENDING[strategy], OF_THE_KEYS, OF_THE_ROWS, OF_THE_ROWS], key=str)


@pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS])
@pytest.mark.parametrize("keys", ["missing", "old", "malformed", "of another kid"])
def test_without_the_key_of_a_token_sts_judges_it_or_nobody_does(
    run_python: RunPython, user_pool: UserPool, strategy: Strategy, keys: str
) -> None:
    """A stored copy that is of no use shuts nobody out by web identity; else nothing may be opened."""
    copies = {
        "missing": b"{}",
        "old": stored(user_pool, datetime.now(UTC) - timedelta(days=2)),
        "malformed": b'{"Item": {"keys": {"S": "{"}, "fetched_at": {"S": "2026-01-01T00:00:00Z"}}}',
        "of another kid": stored(UNKNOWN),
    }
    tokens = [user_pool.token({"sub": f"user-{number}"}) for number in range(2)]
    with Aws(user_pool, keys=copies[keys]) as aws:
        outcomes = listed(run_python, aws, *tokens, VENDING_STRATEGY=strategy)

    if strategy is Strategy.WEB_IDENTITY:
        assert outcomes == ["a page"] * 2
        assert aws.called() == [(WEB_IDENTITY, None), OF_THE_ROWS, OF_THE_KEYS, (WEB_IDENTITY, None), OF_THE_ROWS]
    else:
        refusal = "InvalidTokenError" if keys == "of another kid" else "SigningKeysUnavailableError"
        assert outcomes == [refusal] * 2
        assert set(aws.called()) == {OF_THE_KEYS}


@pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS])
@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        pytest.param(StubAnswer(403, REFUSED, {"Content-Type": "text/xml"}), 1, id="refuses"),
        pytest.param(StubAnswer(500, b""), 3, id="fails"),
        pytest.param(StubAnswer(503, b"upstream connect error"), 1, id="a proxy's error"),
        pytest.param(StubAnswer(200, b"not XML"), 1, id="cannot be understood"),
    ],
)
def test_without_sts_no_data_is_asked_for(
    run_python: RunPython, user_pool: UserPool, strategy: Strategy, answer: StubAnswer, tries: int
) -> None:
    """The function's own credentials, which are at hand, never take the place of the tenant's.

    The caller gets a 503 long before API Gateway's 29 seconds are over, and the next second's callers at once.
    """
    token = user_pool.token()
    with Aws(user_pool, sts=answer) as aws:
        assert listed(run_python, aws, token, token, VENDING_STRATEGY=strategy) == ["ScopedCredentialsError"] * 2
    assert aws.called().count(VENDING[strategy]) == tries
    assert set(aws.called()) == {VENDING[strategy], OF_THE_KEYS}


def test_a_forged_token_of_a_tenant_that_is_not_kept_is_told_from_a_failure_of_sts(
    run_python: RunPython, user_pool: UserPool, foreign_pool: UserPool
) -> None:
    """By its signature, when STS has refused it: the caller is to sign in, not to try again."""
    refused = StubAnswer(400, REFUSED.replace(b"AccessDenied", b"InvalidIdentityToken"), {"Content-Type": "text/xml"})
    with Aws(user_pool, sts=refused) as aws:
        assert listed(run_python, aws, foreign_pool.token()) == ["InvalidTokenError"]
    assert aws.called() == [(WEB_IDENTITY, None), OF_THE_KEYS]


@pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS])
def test_a_throttling_sts_is_tried_again(run_python: RunPython, user_pool: UserPool, strategy: Strategy) -> None:
    """Its rate is shared by the whole account: a moment later there may be room."""

    class Throttling(Aws):
        def _answer(self, asked: Asked) -> StubAnswer:
            if called(asked)[0] in {WEB_IDENTITY, ASSUME_ROLE} and self.called().count(called(asked)) < 3:
                return StubAnswer(400, REFUSED.replace(b"AccessDenied", b"Throttling"))
            return super()._answer(asked)

    token = user_pool.token()
    with Throttling(user_pool) as aws:
        assert listed(run_python, aws, token, token, VENDING_STRATEGY=strategy) == ["a page"] * 2
    assert [each for each in aws.called() if each != OF_THE_KEYS] == [*[VENDING[strategy]] * 3, *[OF_THE_ROWS] * 2]


#: Lists two shards and writes a row with a version and one without.
USE_TABLES = """
import json, os, threading
from chalicelib import wiring
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.handles import Handle, request_scope

kind = Kind("sample", Sharding(2))
with request_scope(lambda: wiring.sessions().of(os.environ["TOKEN"])):
    acme = Handle(TenantContext("acme", Role.MEMBER, "u", "e"))
    wiring.table(acme, kind, versioned=True).add("a", {})
    wiring.table(acme, kind).add("a", {})
    before = threading.active_count()
    wiring.table(acme, kind).page(limit=1, after=None)
print(json.dumps([before, threading.active_count() > before, wiring.listing_threads() is wiring.listing_threads()]))
"""


def test_a_table_has_versions_if_told_so_and_lists_its_shards_with_threads_that_start_when_needed(
    run_python: RunPython, user_pool: UserPool
) -> None:
    """The threads are the container's, and one who only reads a row by its id never starts them."""
    with Aws(user_pool) as aws:
        environment = {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": aws.url, "TOKEN": user_pool.token()}
        assert run_python(USE_TABLES, environment) == [1, True, True]
    asked = [json.loads(each.body) for each in aws.asked if called(each) == OF_THE_ROWS]
    assert [each["Item"].get("version") for each in asked[:2]] == [{"N": "1"}, None]
    assert {each["ExpressionAttributeValues"][":pk"]["S"] for each in asked[2:]} == {"acme#sample#0", "acme#sample#1"}


def test_importing_the_wiring_loads_no_sdk_and_reads_no_setting(run_python: RunPython) -> None:
    """Cold starts pay for what they use only, and `chalice package` imports without a stage."""
    assert run_python(SERVICES_LOADED.format(code="import chalicelib.wiring")) == []


@pytest.mark.parametrize(
    ("code", "loaded"),
    [
        pytest.param("import chalicelib.http.authorization", [], id="the authorizer's module"),
        pytest.param("from chalicelib import wiring; wiring.token_manager()", ["jwt"], id="the token manager"),
        pytest.param("from chalicelib import wiring; wiring.tenant_statuses()", ["botocore"], id="the registry"),
        pytest.param("from chalicelib import wiring; wiring.usage()", [], id="the usage"),
        pytest.param("from chalicelib import wiring; wiring.scoped_clients()", ["botocore"], id="the clients"),
        pytest.param("from chalicelib import wiring; wiring.sessions()", ["botocore"], id="the sessions"),
    ],
)
def test_each_part_loads_what_it_needs_only(run_python: RunPython, code: str, loaded: list[str]) -> None:
    """The authorizer's module loads no SDK, the registry no JWT library, and neither loads pydantic."""
    assert run_python(SERVICES_LOADED.format(code=code), OF_THE_FUNCTION) == loaded


#: Hands the authorizer a token that is none, as the Lambda service does.
REFUSE_A_TOKEN = """
from chalicelib.http.authorization import tenant_authorizer
try:
    tenant_authorizer({"type": "TOKEN", "authorizationToken": "Bearer a.b.c", "methodArn": "a/b/GET/me"}, None)
except Exception as error:
    assert str(error) == "Unauthorized", error
"""


def test_the_authorizer_loads_the_sdk_only_when_the_registry_is_asked(run_python: RunPython) -> None:
    """A token that is refused pays for none of it: anybody can send such ones."""
    assert run_python(SERVICES_LOADED.format(code=REFUSE_A_TOKEN), OF_THE_FUNCTION) == ["jwt"]


def test_the_authorizers_function_is_the_one_module_that_was_measured(run_python: RunPython) -> None:
    """Lambda imports the handler's module: it must not be `app`, which loads the routes and their SDK."""
    handler = run_python(
        "import json; from app import app; print(json.dumps(app.builtin_auth_handlers[0].handler_string))"
    )
    assert handler == "chalicelib.http.authorization.tenant_authorizer"


@pytest.mark.parametrize(("value", "expected"), [("policy", True), ("", False), ("Policy", False), ("error", False)])
def test_tokens_are_refused_by_policy_only_when_told_so_exactly(
    run_python: RunPython, value: str, *, expected: bool
) -> None:
    """Everything but plain `chalice local` refuses with an error, which becomes a 401."""
    code = "import json; from chalicelib import wiring; print(json.dumps(wiring.refuses_by_policy()))"
    assert run_python(code, {"AUTHORIZER_REFUSES_BY": value}) is expected


#: Asks the authorizer whether a tenant is active, twice, and then the API for a list.
ASK_THE_REGISTRY = f"""
from chalicelib import wiring
active = [wiring.tenant_statuses().is_active("acme") for _ in range(2)]
{LIST}
print(json.dumps(active))
"""


class AwsAndRegistry(Aws):
    """With a registry, and the place where the authorizer's credentials are vended."""

    def _answer(self, asked: Asked) -> StubAnswer:
        if asked.path == "/of-the-authorizer":
            vended = {"AccessKeyId": "ASIAAUTHORIZER", "SecretAccessKey": "s", "Token": "authorizer-token"}
            return StubAnswer(body=json.dumps({**vended, "Expiration": "2099-01-01T00:00:00Z"}).encode())
        if called(asked)[0] == "the registry":
            return StubAnswer(body=b'{"Item": {"status": {"S": "active"}}}')
        return super()._answer(asked)


def test_the_registry_is_asked_once_with_the_functions_own_credentials(
    run_python: RunPython, user_pool: UserPool
) -> None:
    """On AWS the authorizer is a function of its own, whose role may do no more."""
    with AwsAndRegistry(user_pool) as aws:
        tokens = {"TOKENS": json.dumps([user_pool.token()])}
        active = run_python(ASK_THE_REGISTRY, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": aws.url, **tokens})
    assert active == [True, True]
    assert aws.called() == [("the registry", "ASIALAMBDA"), (WEB_IDENTITY, None), OF_THE_ROWS]
    assert json.loads(aws.asked[0].body)["Key"] == {"tenant_id": {"S": "acme"}}


@pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY, Strategy.SESSION_TAGS])
def test_where_one_process_plays_both_the_registry_is_asked_with_the_authorizers_credentials(
    run_python: RunPython, user_pool: UserPool, strategy: Strategy
) -> None:
    """And with no others: the API's own have no right to it, and the authorizer's none to anything else."""
    with AwsAndRegistry(user_pool) as aws:
        environment = {
            **OF_THE_FUNCTION,
            "AWS_ENDPOINT_URL": aws.url,
            "AUTHORIZER_ROLE_AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{aws.url}/of-the-authorizer",
            "AUTHORIZER_ROLE_AWS_CONTAINER_AUTHORIZATION_TOKEN": "execution-token",
            "TOKENS": json.dumps([user_pool.token()]),
            "VENDING_STRATEGY": strategy,
        }
        run_python(ASK_THE_REGISTRY, environment)
    vending, *others = aws.asked
    assert (vending.path, vending.headers["authorization"]) == ("/of-the-authorizer", "execution-token")
    assert [called(asked) for asked in others if called(asked) != OF_THE_KEYS] == [
        ("the registry", "ASIAAUTHORIZER"),
        VENDING[strategy],
        OF_THE_ROWS,
    ]


def test_when_the_authorizers_credentials_are_not_vended_no_others_are_used(run_python: RunPython) -> None:
    """A fallback to the API's would hide that a right is missing."""
    code = """
import json
from chalicelib import wiring
try:
    print(json.dumps(wiring.tenant_statuses().is_active("acme")))
except Exception as error:
    print(json.dumps(type(error).__name__))
"""
    with HttpStub(lambda _: StubAnswer(status=404)) as stub:
        environment = {
            **OF_THE_FUNCTION,
            "AWS_ENDPOINT_URL": stub.url,
            "AUTHORIZER_ROLE_AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{stub.url}/of-the-authorizer",
            "AUTHORIZER_ROLE_AWS_CONTAINER_AUTHORIZATION_TOKEN": "execution-token",
        }
        outcome = run_python(code, environment)
    assert "Error" in outcome
    assert {asked.path for asked in stub.asked} == {"/of-the-authorizer"}


def test_by_default_gateway_and_authorizer_share_the_time_within_which_a_suspension_is_heeded(
    run_python: RunPython,
) -> None:
    """The gateway may go on with an answer that the authorizer gave in its cache's last moment."""
    code = """
import json
from chalicelib import wiring
from chalicelib.http.authorization import CACHE_SECONDS
print(json.dumps([CACHE_SECONDS, wiring.tenant_statuses()._seconds]))
"""
    of_the_gateway, of_the_authorizer = run_python(code, OF_THE_FUNCTION)
    assert of_the_gateway + of_the_authorizer <= int(ENVIRONMENT["AUTHORIZER_CACHE_SECONDS"]) == 60


@pytest.mark.parametrize(
    "part", ["config", "token_manager", "tenant_statuses", "sessions", "scoped_clients", "database"]
)
def test_a_part_is_built_once_and_not_without_its_settings(run_python: RunPython, part: str) -> None:
    """A failure is not remembered: the part is built when its settings are there."""
    code = f"""
import json, os
from chalicelib import wiring
from chalicelib.errors import ConfigError
settings = {{name: os.environ.pop(name) for name in {list(SETTINGS)!r}}}
try:
    wiring.{part}()
    missing = False
except ConfigError:
    missing = True
os.environ.update(settings)
print(json.dumps([missing, wiring.{part}() is wiring.{part}()]))
"""
    assert run_python(code, OF_THE_FUNCTION) == [True, True]


def test_threads_that_race_for_a_part_get_the_same_one() -> None:
    """`functools.cache` would build it as often as there are threads."""
    built: list[object] = []
    together = threading.Barrier(THREADS)

    @_once
    def part() -> object:
        time.sleep(0.05)
        built.append(object())
        return built[-1]

    def get(_: int) -> object:
        together.wait()
        return part()

    with ThreadPoolExecutor(THREADS) as threads:
        assert set(threads.map(get, range(THREADS))) == set(built)
    assert len(built) == 1
