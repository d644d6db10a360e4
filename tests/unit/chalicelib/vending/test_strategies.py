"""The three vending strategies: what they ask of STS, and what its refusals mean."""

from __future__ import annotations

import json
import logging
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs

import pytest
from botocore.config import Config as ClientConfig
from botocore.session import Session as BotocoreSession

from chalicelib.errors import ConfigError, InvalidTokenError, ScopedCredentialsError
from chalicelib.tenancy.tenant import Role
from chalicelib.vending.callers import Caller
from chalicelib.vending.clients import without_credentials
from chalicelib.vending.strategies import (
    SESSION_SECONDS,
    SessionPolicyVending,
    SessionTagVending,
    TenantResources,
    WebIdentityVending,
    session_policy,
)
from tests.unit.http_stub import Asked, HttpStub, StubAnswer

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient

    from chalicelib.vending.strategies import VendingStrategy

ROLE_ARN = "arn:aws:iam::123456789012:role/TenantRole"
RESOURCES = TenantResources(
    table_arn="arn:aws:dynamodb:eu-central-1:123456789012:table/example",
    reader_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
    writer_secret_arn="arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
)
READS = {"dynamodb:GetItem", "dynamodb:Query"}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}


class RecordingSts:
    """Vends, and keeps what it was asked."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def assume_role(self, **parameters: Any) -> dict[str, Any]:
        """Answer as AssumeRole does."""
        self.calls.append(parameters)
        return {"Credentials": {"AccessKeyId": "ASIA"}}

    def assume_role_with_web_identity(self, **parameters: Any) -> dict[str, Any]:
        """Answer as AssumeRoleWithWebIdentity does."""
        return self.assume_role(**parameters)


def tenant(tenant_id: str, role: Role = Role.MEMBER) -> Caller:
    """Make a caller, whose token is told by its name."""
    return Caller(tenant_id, role, "user-1", 0, f"token-of-{tenant_id}")


def asked_by(strategy: type[VendingStrategy], caller: Caller) -> dict[str, Any]:
    """Let a strategy vend, and return what STS was asked."""
    sts = RecordingSts()
    more = [RESOURCES] if strategy is SessionPolicyVending else []
    vending = strategy(lambda: cast("STSClient", sts), ROLE_ARN, *more)  # type: ignore[call-arg]
    assert vending.vend(caller)["AccessKeyId"] == "ASIA"
    (asked,) = sts.calls
    return asked


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("strategy", [SessionTagVending, SessionPolicyVending])
def test_the_role_is_assumed_with_tenant_and_role_as_session_tags(strategy: type[VendingStrategy], role: Role) -> None:
    """Exactly the two tags that the trust policy demands, and a session name that names both in CloudTrail."""
    asked = asked_by(strategy, tenant("acme-eu", role))
    asked.pop("Policy", None)

    assert asked == {
        "RoleArn": ROLE_ARN,
        "RoleSessionName": f"acme-eu.{role.value}",
        "Tags": [{"Key": "tenant", "Value": "acme-eu"}, {"Key": "role", "Value": role.value}],
        "DurationSeconds": SESSION_SECONDS,
    }
    assert SESSION_SECONDS <= 3600, "role chaining is limited to one hour"


@pytest.mark.parametrize("role", list(Role))
def test_by_web_identity_sts_gets_the_users_token_and_nobody_passes_tags(role: Role) -> None:
    """The session's name is what the trust policy compares with the token's own tags."""
    assert asked_by(WebIdentityVending, tenant("acme-eu", role)) == {
        "RoleArn": ROLE_ARN,
        "RoleSessionName": f"acme-eu.{role.value}",
        "WebIdentityToken": "token-of-acme-eu",
        "DurationSeconds": SESSION_SECONDS,
    }


def test_by_web_identity_alone_sts_verifies_the_token() -> None:
    """By the others it must be verified before."""
    strategies = (WebIdentityVending, SessionTagVending, SessionPolicyVending)
    assert [strategy.verifies_tokens for strategy in strategies] == [True, False, False]


@pytest.mark.parametrize("strategy", [WebIdentityVending, SessionTagVending, SessionPolicyVending])
def test_the_longest_tenant_id_makes_a_session_name_that_sts_takes(strategy: type[VendingStrategy]) -> None:
    """At most 64 characters of letters, digits and `_+=,.@-`."""
    assert len(asked_by(strategy, tenant("a" * 32, Role.VIEWER))["RoleSessionName"]) <= 64


def test_only_the_strategy_of_session_policies_passes_one() -> None:
    """With it, TenantPolicyRole's session is confined; without one it would reach every tenant."""
    assert "Policy" not in asked_by(SessionTagVending, tenant("acme"))
    asked = asked_by(SessionPolicyVending, tenant("acme"))
    assert json.loads(asked["Policy"]) == session_policy(tenant("acme"), RESOURCES)


@pytest.mark.parametrize(
    ("role", "actions", "secrets"),
    [
        (Role.VIEWER, READS, [RESOURCES.reader_secret_arn]),
        (Role.MEMBER, READS | WRITES, [RESOURCES.reader_secret_arn]),
        (Role.ADMIN, READS | WRITES, [RESOURCES.reader_secret_arn, RESOURCES.writer_secret_arn]),
    ],
)
def test_a_session_policy_leaves_one_tenant_and_the_rights_of_its_role(
    role: Role, actions: set[str], secrets: list[str]
) -> None:
    """No other statement, action, resource or tenant."""
    on_items, on_secrets = session_policy(tenant("acme", role), RESOURCES)["Statement"]

    assert set(on_items.pop("Action")) == actions
    assert on_items == {
        "Sid": "OwnPartitionOnly",
        "Effect": "Allow",
        "Resource": [RESOURCES.table_arn],
        "Condition": {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["acme#*"]},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    }
    assert on_secrets == {
        "Sid": "OwnLoginsOnly",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": secrets,
    }


@pytest.mark.parametrize("other", ["acme-eu", "acme1", "acme10", "xacme", "globex"])
def test_a_session_policys_pattern_matches_no_other_tenants_keys(other: str) -> None:
    """The twin is one's own key."""
    condition = session_policy(tenant("acme"), RESOURCES)["Statement"][0]["Condition"]
    (pattern,) = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert fnmatchcase("acme#sample#3", pattern)
    assert not fnmatchcase(f"{other}#sample#3", pattern)


def test_arns_for_which_sts_would_refuse_every_session_policy_are_refused_at_the_start() -> None:
    """2,048 characters are all that STS takes; the longest tenant's policy must fit."""
    longest = TenantResources("t" * 700, "r" * 300, "w" * 300)
    sts = RecordingSts()
    vending = SessionPolicyVending(lambda: cast("STSClient", sts), ROLE_ARN, longest)
    vending.vend(tenant("a" * 32, Role.ADMIN))
    assert len(sts.calls[0]["Policy"]) <= 2048

    with pytest.raises(ConfigError, match="2048 characters"):
        SessionPolicyVending(
            lambda: cast("STSClient", sts), ROLE_ARN, TenantResources("t" * 1000, "r" * 500, "w" * 500)
        )


CREDENTIALS = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIATENANT</AccessKeyId>
<SecretAccessKey>tenant-secret</SecretAccessKey><SessionToken>tenant-token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def refusal(code: str, message: str = "no", status: int = 400) -> StubAnswer:
    """Return what STS answers when it refuses."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
    body = f'<ErrorResponse xmlns="{namespace}">{error}</ErrorResponse>'
    return StubAnswer(status, body.encode(), {"Content-Type": "text/xml"})


def vend_over_http(answer: Callable[[Asked], StubAnswer]) -> tuple[Any, list[Asked]]:
    """Vend by web identity for acme at a stub of STS; return what came of it, and what the stub was asked."""
    with HttpStub(answer) as stub:
        client: Any = without_credentials(BotocoreSession()).create_client(
            "sts",
            region_name="eu-central-1",
            endpoint_url=stub.url,
            config=ClientConfig(retries={"total_max_attempts": 1}),
        )
        try:
            return WebIdentityVending(lambda: client, ROLE_ARN).vend(tenant("acme")), stub.asked
        except (InvalidTokenError, ScopedCredentialsError) as error:
            return error, stub.asked


def test_the_call_by_web_identity_is_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the function has credentials: nothing of its own rights is in it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ASIALAMBDA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "lambda-secret")
    vended, (asked,) = vend_over_http(lambda _: StubAnswer(body=CREDENTIALS, headers={"Content-Type": "text/xml"}))
    assert vended["AccessKeyId"] == "ASIATENANT"
    assert not {"authorization", "x-amz-security-token"} & asked.headers.keys()
    assert "ASIALAMBDA" not in f"{asked}"
    sent = parse_qs(asked.body.decode())
    assert sent["Action"] == ["AssumeRoleWithWebIdentity"]
    assert sent["WebIdentityToken"] == ["token-of-acme"]
    assert not [name for name in sent if name.startswith(("Tags", "Policy", "TransitiveTagKeys"))]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal("ExpiredTokenException"), InvalidTokenError),
        (refusal("IDPRejectedClaim", status=403), InvalidTokenError),
        (refusal("InvalidIdentityToken"), ScopedCredentialsError),
        (refusal("IDPCommunicationError"), ScopedCredentialsError),
        (refusal("AccessDenied", status=403), ScopedCredentialsError),
        (refusal("RegionDisabledException", status=403), ScopedCredentialsError),
        (refusal("Throttling"), ScopedCredentialsError),
        (StubAnswer(status=500, body=b""), ScopedCredentialsError),
        (StubAnswer(status=503, body=b"upstream connect error"), ScopedCredentialsError),
        (StubAnswer(body=b"not XML"), ScopedCredentialsError),
    ],
    ids=lambda value: value.body[-60:].decode() if isinstance(value, StubAnswer) else value.__name__,
)
def test_a_refusal_of_sts_is_a_401_if_the_token_is_over_and_else_a_503(
    answer: StubAnswer, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """The authorizer has verified the token: where STS says otherwise, the stage is wrong, and no user can help it."""
    refused, asked = vend_over_http(lambda _: answer)
    assert type(refused) is error
    assert len(asked) == 1
    assert "STS does not vend for acme as member" in caplog.text


@pytest.mark.parametrize("status", [200, 400, 500])
def test_something_on_the_way_that_repeats_the_call_brings_the_token_into_no_log_and_no_error(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Nor does the SDK, which at DEBUG writes what it sends and gets, if somebody chose that for everything."""
    caplog.set_level(logging.DEBUG)
    refused, (asked,) = vend_over_http(lambda asked: StubAnswer(status, b"you sent: " + asked.body))
    assert b"token-of-acme" in asked.body
    assert isinstance(refused, ScopedCredentialsError)
    assert "STS does not vend for acme as member" in caplog.text
    assert "token-of-acme" not in f"{caplog.text} {refused!r} {refused.__cause__!r}"


def test_credentials_that_sts_vends_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    """At the most talkative level neither."""
    caplog.set_level(logging.DEBUG)
    vend_over_http(lambda _: StubAnswer(body=CREDENTIALS, headers={"Content-Type": "text/xml"}))
    assert caplog.records, "something is written at this level, by others"
    assert not any(text in caplog.text for text in ("tenant-secret", "tenant-token", "token-of-acme"))
