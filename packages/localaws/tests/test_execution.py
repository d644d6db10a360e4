"""Credentials of a function's execution role, vended as the Lambda service does."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

import boto3
import pytest
from moto import mock_aws
from moto.iam.models import iam_backends

from bulkhead_localaws.execution import PATH, ExecutionCredentials, execution_token
from bulkhead_localaws.gate.sessions import RoleSession, SessionStore
from bulkhead_localaws.lambda_service import LambdaService
from bulkhead_localaws.moto.directory import MotoDirectory
from bulkhead_localaws.moto.emulator import ACCOUNT_ID, PARTITION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIEnvironment

SECRET = "the secret of this local AWS"
NOW = datetime(2026, 1, 1, 12, 30, 15, 999, tzinfo=UTC)


def trust(principal: object, *, effect: str = "Allow", action: object = "sts:AssumeRole") -> dict[str, Any]:
    """Write a trust policy of one statement."""
    statement = {"Effect": effect, "Principal": principal, "Action": action}
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def iam() -> Iterator[Any]:
    """The account's IAM: two roles trust Lambda and one does not."""
    with mock_aws():
        client = boto3.client(
            "iam", region_name="us-east-1", aws_access_key_id="AKIATEST", aws_secret_access_key="secret"
        )
        for name, principal in (
            ("api", {"Service": "lambda.amazonaws.com"}),
            ("authorizer", {"Service": "lambda.amazonaws.com"}),
            ("tenant", {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/api"}),
        ):
            client.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(principal)))
        yield client


class Vending:
    """The credentials' door of an account, and the keys that were vended through it."""

    def __init__(self) -> None:
        self.sessions = SessionStore()
        directory = MotoDirectory(self.sessions, account=ACCOUNT_ID)
        service = LambdaService(directory, self.sessions, account=ACCOUNT_ID, clock=lambda: NOW)
        self.application = ExecutionCredentials(service, SECRET)

    def ask(self, role_name: str, token: str | None, *, method: str = "GET") -> tuple[str, dict[str, Any]]:
        """Ask as an SDK does, and return the status line and the document."""
        environ: WSGIEnvironment = {"PATH_INFO": f"{PATH}{role_name}", "REQUEST_METHOD": method}
        setup_testing_defaults(environ)
        if token is not None:
            environ["HTTP_AUTHORIZATION"] = token
        started: list[tuple[str, dict[str, str]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
            started.append((status, dict(headers)))

        content = b"".join(self.application(environ, start_response))
        status, headers = started[0]
        assert headers["Content-Length"] == str(len(content))
        assert headers["Content-Type"] == "application/json"
        return status, json.loads(content)

    @property
    def vended(self) -> list[str]:
        """The roles of the sessions that were vended."""
        owners = [key.owner for key in self.sessions._keys.values()]
        return [owner.role_name for owner in owners if isinstance(owner, RoleSession)]


@pytest.fixture
def vending(iam: Any) -> Vending:
    """Return the door of an account with these roles."""
    del iam
    return Vending()


@pytest.mark.parametrize("role_name", ["api", "authorizer"])
def test_the_holder_of_a_roles_token_gets_its_credentials(vending: Vending, role_name: str) -> None:
    """In the form that AWS SDKs read from a container's credentials URL; to the second, and good for an hour."""
    status, document = vending.ask(role_name, execution_token(SECRET, role_name))

    key = vending.sessions.find(document["AccessKeyId"])
    assert status == "200 OK"
    assert key is not None
    assert document == {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "Token": key.session_token,
        "Expiration": "2026-01-01T13:30:15Z",
    }
    assert key.expires_at == NOW.replace(microsecond=0) + timedelta(hours=1)
    assert isinstance(key.owner, RoleSession)
    assert key.owner.arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role_name}/execution"
    assert (key.owner.tags, key.owner.policies) == ({}, None)


def test_each_time_other_credentials_are_vended(vending: Vending) -> None:
    """As SDKs ask again before the old ones end."""
    answers = [vending.ask("api", execution_token(SECRET, "api"))[1] for _ in range(3)]
    assert len({answer["AccessKeyId"] for answer in answers}) == 3


def test_the_token_of_one_role_opens_no_other(vending: Vending) -> None:
    """The routes' process cannot take the authorizer's rights, nor the other way round."""
    for holder, wanted in (("api", "authorizer"), ("authorizer", "api"), ("api", "tenant"), ("api", "absent")):
        status, document = vending.ask(wanted, execution_token(SECRET, holder))
        assert status == "401 Unauthorized"
        assert document == {"code": "Unauthorized", "message": "this token is not this role's"}
    assert vending.vended == []


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(SECRET, id="the secret itself"),
        pytest.param(execution_token("another secret", "api"), id="of another local AWS"),
        pytest.param(execution_token(SECRET, "api")[:-1], id="cut short"),
        pytest.param(execution_token(SECRET, "api") + "0", id="longer"),
        pytest.param(execution_token(SECRET, "api").upper(), id="in other letters"),
        pytest.param(f"Bearer {execution_token(SECRET, 'api')}", id="with a scheme"),
        pytest.param("\u00fc", id="outside ASCII"),
        pytest.param("\u00c3\u00bc" * 32, id="outside ASCII, of the right length"),
    ],
)
def test_without_the_roles_own_token_nothing_is_vended(vending: Vending, token: str | None) -> None:
    """WSGI decodes headers as Latin-1, so a token may hold any of its characters; none of them is an error."""
    assert vending.ask("api", token)[0] == "401 Unauthorized"
    assert vending.vended == []


@pytest.mark.parametrize("role_name", ["", "api/", "../api", "\u00c3\u00bc", "api\0", "api?x", "a" * 10_000])
def test_a_strange_name_is_no_error(vending: Vending, role_name: str) -> None:
    """It has a token of its own, which nobody holds; and no role."""
    assert vending.ask(role_name, execution_token(SECRET, "api"))[0] == "401 Unauthorized"
    assert vending.ask(role_name, execution_token(SECRET, role_name))[0] == "404 Not Found"


def test_a_token_is_asked_for_before_anything_is_told(vending: Vending) -> None:
    """Nobody can find out without one which roles there are."""
    answers = [vending.ask(role_name, "guess") for role_name in ("api", "tenant", "absent", "")]
    assert answers == answers[:1] * 4


@pytest.mark.parametrize(
    ("role_name", "status", "code"),
    [
        ("tenant", "403 Forbidden", "AccessDenied"),
        ("absent", "404 Not Found", "NoSuchEntity"),
        ("", "404 Not Found", "NoSuchEntity"),
    ],
)
def test_a_role_that_lambda_cannot_assume_is_refused(vending: Vending, role_name: str, status: str, code: str) -> None:
    """As on AWS, where a function with such a role cannot run."""
    answered, document = vending.ask(role_name, execution_token(SECRET, role_name))

    assert (answered, document["code"]) == (status, code)
    assert vending.vended == []


def test_a_role_whose_trust_policy_cannot_be_understood_is_refused(iam: Any, vending: Vending) -> None:
    """The evaluator does not guess what an operator means that it does not know."""
    del iam
    policy = trust({"Service": "lambda.amazonaws.com"})
    policy["Statement"][0]["Condition"] = {"StringSounds": {"aws:SourceAccount": ACCOUNT_ID}}
    iam_backends[ACCOUNT_ID][PARTITION].get_role("api").assume_role_policy_document = json.dumps(policy)

    answered, document = vending.ask("api", execution_token(SECRET, "api"))

    assert (answered, document["code"]) == ("403 Forbidden", "AccessDenied")
    assert "StringSounds" in document["message"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_only_get_is_taken(vending: Vending, method: str) -> None:
    """Credentials are read, not made."""
    assert vending.ask("api", execution_token(SECRET, "api"), method=method)[0] == "405 Method Not Allowed"
    assert vending.vended == []


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        pytest.param(
            trust({"Service": ["edgelambda.amazonaws.com", "lambda.amazonaws.com"]}), "200 OK", id="several services"
        ),
        pytest.param(
            trust({"Service": "lambda.amazonaws.com"}, action=["sts:TagSession", "sts:AssumeRole"]),
            "200 OK",
            id="several actions",
        ),
        pytest.param(trust({"Service": "ec2.amazonaws.com"}), "403 Forbidden", id="another service"),
        pytest.param(trust({"Service": "lambda.amazonaws.com"}, effect="Deny"), "403 Forbidden", id="denied"),
        pytest.param(
            trust({"Service": "lambda.amazonaws.com"}, action="sts:TagSession"), "403 Forbidden", id="another action"
        ),
    ],
)
def test_a_changed_trust_policy_counts_at_once(iam: Any, vending: Vending, policy: dict[str, Any], status: str) -> None:
    """Whether it opens or closes."""
    iam.update_assume_role_policy(RoleName="api", PolicyDocument=json.dumps(policy))
    assert vending.ask("api", execution_token(SECRET, "api"))[0] == status


def test_a_role_that_is_not_there_is_not_made(iam: Any, vending: Vending) -> None:
    """Asking for it changes nothing."""
    before = iam.list_roles()["Roles"]
    vending.ask("absent", execution_token(SECRET, "absent"))
    assert iam.list_roles()["Roles"] == before
