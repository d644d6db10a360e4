"""The long-lived objects: each built on its first use and once per container.

What a container has is global, so each test here runs in an interpreter of its own.
"""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from chalicelib import PRODUCT
from chalicelib.config import SETTINGS
from chalicelib.wiring import _once
from tests.unit.http_stub import Asked, HttpStub, StubAnswer
from tests.unit.settings import ENVIRONMENT

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

THREADS = 16
OF_THE_FUNCTION = {
    **ENVIRONMENT,
    "AWS_ACCESS_KEY_ID": "ASIALAMBDA",
    "AWS_SECRET_ACCESS_KEY": "lambda-secret",
    "AWS_SESSION_TOKEN": "lambda-token",
}
VENDED = b"""<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIATENANT</AccessKeyId><SecretAccessKey>tenant-secret</SecretAccessKey>
<SessionToken>tenant-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
REFUSED = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"""

#: Lists a tenant's rows of a kind as a route does, twice, and prints what came of it.
LIST = """
import json
from chalicelib import wiring
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role, TenantContext

def page(tenant):
    try:
        context = TenantContext(tenant, Role.VIEWER, "u", "e")
        return wiring.table(context, Kind("sample", Sharding(1))).page(limit=1, after=None)
    except Exception as error:
        return type(error).__name__

print(json.dumps([page("acme"), page("acme")]))
"""

SERVICES_LOADED = """
import json, sys
{code}
print(json.dumps(sorted({{name.split(".")[0] for name in sys.modules}} & {{"boto3", "botocore", "jwt", "pydantic"}})))
"""


def service_of(asked: Asked) -> tuple[str, str, str]:
    """Return the service that a request is for, the key it is signed with, and its session token."""
    credential = asked.headers["authorization"].split("Credential=")[1].split("/")
    return credential[3], credential[0], asked.headers["x-amz-security-token"]


def test_data_is_reached_with_the_tenants_credentials_and_sts_with_the_functions(run_python: RunPython) -> None:
    """The function's own key signs AssumeRole and nothing else; a warm request makes exactly one call."""

    def answer(asked: Asked) -> StubAnswer:
        if service_of(asked)[0] == "sts":
            return StubAnswer(body=VENDED, headers={"Content-Type": "text/xml"})
        return StubAnswer(body=b'{"Items": [], "Count": 0, "ScannedCount": 0}')

    with HttpStub(answer) as stub:
        pages = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})

    assert pages == [[[], None]] * 2
    assert [service_of(asked) for asked in stub.asked] == [
        ("sts", "ASIALAMBDA", "lambda-token"),
        ("dynamodb", "ASIATENANT", "tenant-token"),
        ("dynamodb", "ASIATENANT", "tenant-token"),
    ]
    assert (
        json.loads(stub.asked[1].body).items()
        >= {
            "TableName": "example",
            "ExpressionAttributeValues": {":pk": {"S": "acme#sample#0"}},
        }.items()
    )
    # botocore's own takes a tenth of a request's time to put together.
    assert {asked.headers["user-agent"] for asked in stub.asked} == {PRODUCT}


#: Lists two shards and writes a row with a version and one without.
USE_TABLES = """
import json, threading
from chalicelib import wiring
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role, TenantContext

acme, kind = TenantContext("acme", Role.MEMBER, "u", "e"), Kind("sample", Sharding(2))
wiring.table(acme, kind, versioned=True).add("a", {})
wiring.table(acme, kind).add("a", {})
before = threading.active_count()
wiring.table(acme, kind).page(limit=1, after=None)
print(json.dumps([before, threading.active_count() > before, wiring.listing_threads() is wiring.listing_threads()]))
"""


def test_a_table_has_versions_if_told_so_and_lists_its_shards_with_threads_that_start_when_needed(
    run_python: RunPython,
) -> None:
    """The threads are the container's, and one who only reads a row by its id never starts them."""
    with HttpStub(answers_everything) as stub:
        done = run_python(USE_TABLES, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})
    assert done == [1, True, True]
    asked = [json.loads(each.body) for each in stub.asked if b"AssumeRole" not in each.body]
    assert [each["Item"].get("version") for each in asked[:2]] == [{"N": "1"}, None]
    assert {each["ExpressionAttributeValues"][":pk"]["S"] for each in asked[2:]} == {"acme#sample#0", "acme#sample#1"}


def test_when_sts_refuses_no_data_is_asked_for(run_python: RunPython) -> None:
    """The function's own credentials, which are at hand, never take the place of the tenant's."""
    refused = StubAnswer(status=403, body=REFUSED, headers={"Content-Type": "text/xml"})
    with HttpStub(lambda _: refused) as stub:
        pages = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})

    assert pages == ["ScopedCredentialsError"] * 2
    assert {service_of(asked)[0] for asked in stub.asked} == {"sts"}


def test_a_failing_sts_is_given_up_after_two_more_tries(run_python: RunPython) -> None:
    """The caller gets a 503 long before API Gateway's 29 seconds are over, and the next second's callers at once."""
    with HttpStub(lambda _: StubAnswer(status=500, body=b"")) as stub:
        pages = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})
    assert pages == ["ScopedCredentialsError"] * 2
    assert len(stub.asked) == 3


def test_a_throttling_sts_is_tried_again(run_python: RunPython) -> None:
    """Its rate is shared by the whole account: a moment later there may be room."""

    def answer(asked: Asked) -> StubAnswer:
        if service_of(asked)[0] == "dynamodb":
            return StubAnswer(body=b'{"Items": [], "Count": 0, "ScannedCount": 0}')
        if len(stub.asked) < 3:
            return StubAnswer(status=400, body=REFUSED.replace(b"AccessDenied", b"Throttling"))
        return StubAnswer(body=VENDED, headers={"Content-Type": "text/xml"})

    with HttpStub(answer) as stub:
        pages = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})
    assert pages == [[[], None]] * 2
    assert [service_of(asked)[0] for asked in stub.asked] == ["sts", "sts", "sts", "dynamodb", "dynamodb"]


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(StubAnswer(status=503, body=b"upstream connect error"), id="a proxy's error"),
        pytest.param(StubAnswer(body=b"not XML"), id="no XML"),
    ],
)
def test_an_sts_that_cannot_be_understood_is_unavailable(run_python: RunPython, answer: StubAnswer) -> None:
    """What comes from something in between is no server error of this API either."""
    with HttpStub(lambda _: answer) as stub:
        pages = run_python(LIST, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})
    assert pages == ["ScopedCredentialsError"] * 2


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
ASK_THE_REGISTRY = """
import json
from chalicelib import wiring
from chalicelib.data.storage import Kind, Sharding
from chalicelib.tenancy.tenant import Role, TenantContext
active = [wiring.tenant_statuses().is_active("acme") for _ in range(2)]
wiring.table(TenantContext("acme", Role.VIEWER, "u", "e"), Kind("sample", Sharding(1))).page(limit=1, after=None)
print(json.dumps(active))
"""


def answers_everything(asked: Asked) -> StubAnswer:
    """Answer as the registry, STS, DynamoDB, and the place where the authorizer's credentials are vended."""
    if asked.path == "/of-the-authorizer":
        vended = {"AccessKeyId": "ASIAAUTHORIZER", "SecretAccessKey": "s", "Token": "authorizer-token"}
        return StubAnswer(body=json.dumps({**vended, "Expiration": "2099-01-01T00:00:00Z"}).encode())
    if b"AssumeRole" in asked.body:
        return StubAnswer(body=VENDED, headers={"Content-Type": "text/xml"})
    if b'"example-tenants"' in asked.body:
        return StubAnswer(body=b'{"Item": {"status": {"S": "active"}}}')
    return StubAnswer(body=b'{"Items": [], "Count": 0, "ScannedCount": 0}')


def test_the_registry_is_asked_once_with_the_functions_own_credentials(run_python: RunPython) -> None:
    """On AWS the authorizer is a function of its own, whose role may do no more."""
    with HttpStub(answers_everything) as stub:
        active = run_python(ASK_THE_REGISTRY, {**OF_THE_FUNCTION, "AWS_ENDPOINT_URL": stub.url})
    assert active == [True, True]
    assert [service_of(asked) for asked in stub.asked] == [
        ("dynamodb", "ASIALAMBDA", "lambda-token"),
        ("sts", "ASIALAMBDA", "lambda-token"),
        ("dynamodb", "ASIATENANT", "tenant-token"),
    ]
    assert json.loads(stub.asked[0].body)["Key"] == {"tenant_id": {"S": "acme"}}


def test_where_one_process_plays_both_the_registry_is_asked_with_the_authorizers_credentials(
    run_python: RunPython,
) -> None:
    """And with no others: the API's own have no right to it, and the authorizer's none to anything else."""
    with HttpStub(answers_everything) as stub:
        environment = {
            **OF_THE_FUNCTION,
            "AWS_ENDPOINT_URL": stub.url,
            "AUTHORIZER_ROLE_AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{stub.url}/of-the-authorizer",
            "AUTHORIZER_ROLE_AWS_CONTAINER_AUTHORIZATION_TOKEN": "execution-token",
        }
        run_python(ASK_THE_REGISTRY, environment)
    vending, *others = stub.asked
    assert (vending.path, vending.headers["authorization"]) == ("/of-the-authorizer", "execution-token")
    assert [service_of(asked)[:2] for asked in others] == [
        ("dynamodb", "ASIAAUTHORIZER"),
        ("sts", "ASIALAMBDA"),
        ("dynamodb", "ASIATENANT"),
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


@pytest.mark.parametrize("part", ["config", "token_manager", "tenant_statuses", "scoped_clients", "database"])
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
