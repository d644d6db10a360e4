"""The gate as a whole: what reaches the emulator, what is answered instead, and what counts from which moment on."""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_iam import PolicyError
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from localaws_testing.account import EVERYTHING, Account, GateAnswer, policy, statement, trust, user_arn
from localaws_testing.signed_requests import environ_of

if TYPE_CHECKING:
    from bulkhead_localaws.gate.authentication import AccessKey
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.requests import HttpRequest
    from localaws_testing.signed_requests import WireRequest

GET = policy(statement("dynamodb:GetItem"))


class FailingMapper:
    """Raises what it is given, or returns no checks at all."""

    def __init__(self, error: BaseException | None = None, *, respelling: BaseException | None = None) -> None:
        self.error = error
        self.respelling = respelling

    def checks(self, call: Call) -> tuple[AuthorizationCheck, ...]:
        """Fail, unless it is about IAM, so that the account can be set up."""
        if call.service == "iam":
            return (AuthorizationCheck("iam:Whatever", "*"),)
        if self.error is not None:
            raise self.error
        return ()

    def check_public(self, request: HttpRequest) -> None:
        """Let public calls through."""

    def as_emulator_reads(self, call: Call) -> Call:
        """Fail as well, if it shall."""
        if self.respelling is not None and call.service != "iam":
            raise self.respelling
        return call


def wire(account: Account, key: AccessKey, protocol: str) -> WireRequest:
    """Return a request in a protocol."""
    empty = {"X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest()}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    if protocol == "json":
        return account.request(key, "dynamodb", "ListTables", {})
    if protocol == "query":
        return account.request(key, "sns", "ListTopics", {})
    if protocol == "ec2":
        return account.signed(key, "ec2", headers=form, body=b"Action=DescribeVpcs&Version=2016-11-15")
    if protocol == "rest-json":
        return account.signed(key, "lambda", method="GET", path="/2015-03-31/functions/")
    return account.signed(key, "s3", method="GET", path="/bucket", headers=empty)


PROTOCOLS = {
    "json": (400, "AccessDeniedException", "application/x-amz-json-1.0"),
    "query": (403, "AccessDenied", "text/xml"),
    "ec2": (403, "UnauthorizedOperation", "text/xml"),
    "rest-json": (403, "", "application/json"),
    "s3": (403, "AccessDenied", "application/xml"),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_refusal_is_answered_in_the_protocol_of_the_call(account: Account, protocol: str) -> None:
    """So that SDKs raise AccessDenied, whatever they called; the request does not reach the emulator."""
    nobody = account.user("nobody")
    account.emulator.reached.clear()

    answer = account.answer(wire(account, nobody, protocol).environ())

    status, code, content_type = PROTOCOLS[protocol]
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == content_type
    assert answer.headers.get("x-amzn-errortype", "AccessDeniedException") == "AccessDeniedException"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.message != ""
    assert account.emulator.reached == []
    assert account.answer(wire(account, account.operator, protocol).environ()).status in {200, 404}
    assert len(account.emulator.reached) == 1


FAILED = {
    "json": "dynamodb:ListTables",
    "query": "sns:ListTopics",
    "ec2": "ec2 (POST)",
    "rest-json": "lambda (GET)",
    "s3": "s3 (GET)",
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_failure_behind_the_gate_shows_nobody_a_traceback(
    account: Account, protocol: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An error of the called protocol says who failed on what, and the log has the details under its request id."""
    account.emulator.error = ZeroDivisionError("a secret of the emulator")

    answer = account.answer(wire(account, account.operator, protocol).environ())

    assert (answer.status, answer.code) == (500, "" if protocol == "rest-json" else "InternalFailure")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.message == f"The emulator behind the gate failed on {FAILED[protocol]}."
    (logged,) = caplog.records
    assert logged.message == f"{answer.request_id}: the emulator failed on {FAILED[protocol]}"
    assert "ZeroDivisionError: a secret of the emulator" in caplog.text


def test_a_failure_of_the_gate_is_not_called_one_of_the_emulator(caplog: pytest.LogCaptureFixture) -> None:
    """Nor the other way round: they are mended in different places."""
    failing = Account(mapper=FailingMapper(KeyError("a table")))

    answer = failing.get_item(failing.operator)

    assert (answer.status, answer.message) == (500, "The gate failed.")
    assert "KeyError: 'a table'" in caplog.text


def test_an_operation_that_moto_does_not_know_is_a_failure_of_the_emulator(account: Account) -> None:
    """Whoever may do everything is told so, and nobody else gets that far."""
    reader = account.user("reader", GET)
    group = {"GroupName": "x", "NewGroupName": "y"}

    answer = account.call(account.operator, "iam", "GetHumanReadableSummary", group)

    assert (answer.status, answer.code) == (500, "InternalFailure")
    assert answer.message == "The emulator behind the gate failed on iam:GetHumanReadableSummary."
    assert account.call(reader, "iam", "GetHumanReadableSummary", group).code == "AccessDenied"


ERRORS: list[tuple[BaseException | None, int, str]] = [
    (UnmappableRequestError("nobody knows"), 400, "AccessDeniedException"),
    (MalformedRequestError("no such thing"), 400, "ValidationException"),
    (MalformedRequestError("no such thing", code="SerializationException"), 400, "SerializationException"),
    (PolicyError("Statement[0].Effect", "Perhaps", "is neither"), 400, "AccessDeniedException"),
    (KeyError("a table"), 500, "InternalFailure"),
    (RecursionError(), 500, "InternalFailure"),
    (MemoryError(), 500, "InternalFailure"),
    (None, 500, "InternalFailure"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda value: repr(value)[:40])
def test_whatever_goes_wrong_while_a_call_is_mapped_nothing_is_allowed(
    error: BaseException | None, status: int, code: str
) -> None:
    """No error ends in an allow, and neither does a mapper that asks for nothing."""
    account = Account(mapper=FailingMapper(error))
    reader = account.user("reader", policy(statement("dynamodb:*")))
    account.emulator.reached.clear()

    answer = account.get_item(reader)

    assert (answer.status, answer.code) == (status, code)
    assert account.emulator.reached == []


@pytest.mark.parametrize(("error", "status", "code"), ERRORS[:-1], ids=lambda value: repr(value)[:40])
def test_whatever_goes_wrong_while_a_call_is_respelled_nothing_is_allowed(
    error: BaseException, status: int, code: str
) -> None:
    """The same for the step before."""
    account = Account(mapper=FailingMapper(respelling=error))
    reader = account.user("reader", policy(statement("dynamodb:*")))
    account.emulator.reached.clear()

    answer = account.get_item(reader)

    assert (answer.status, answer.code) == (status, code)
    assert account.emulator.reached == []


def test_an_error_of_the_evaluation_allows_nothing(account: Account) -> None:
    """A context with one key in two spellings has no meaning: the request fails, and is not carried out."""
    account.create_table()
    reader = account.user("reader", GET, Tags=[{"Key": "tenant", "Value": "a"}, {"Key": "Tenant", "Value": "b"}])
    account.emulator.reached.clear()

    answer = account.get_item(reader)

    assert (answer.status, answer.code) == (500, "InternalFailure")
    assert account.emulator.reached == []


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "",
        "[]",
        '{"Version": "2012-10-17"}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Perhaps", "Action": "*", "Resource": "*"}]}',
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "X": 1}}',
        json.dumps(policy(statement("*", Condition={"StringSounds": {"aws:username": "x"}}))),
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Action": "*", "Resource": "*"}}',
    ],
)
def test_a_policy_that_cannot_be_understood_refuses_everything(account: Account, document: str) -> None:
    """Also what another policy allows: the one that nobody understands may have denied it. It says so in the log."""
    account.create_table()
    reader = account.user("reader", GET)
    assert account.get_item(reader).status == 200

    account.put_user_policy("reader", document, "broken")
    answer = account.get_item(reader)

    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert answer.message.startswith("A policy that applies cannot be understood: ")


def test_every_answer_has_the_request_id_of_its_decision(account: Account) -> None:
    """One header, with the id under which the decision is recorded, whether it was refused or carried out."""
    account.create_table()
    reader = account.user("reader", GET)

    for operation, decision in (("GetItem", "Allowed"), ("DeleteItem", "ImplicitlyDenied")):
        answer = account.call(reader, "dynamodb", operation, {"TableName": "items", "Key": {"pk": {"S": "acme#1"}}})
        (recorded,) = account.decisions(answer)
        assert (recorded["action"], recorded["decision"]) == (f"dynamodb:{operation}", decision)
        assert recorded["principal"] == user_arn("reader")


def test_nobody_chooses_the_id_or_the_name_under_which_a_request_is_recorded(account: Account) -> None:
    """Headers that look like one do not count, so nobody's record can be made to look like somebody else's."""
    reader = account.user("reader")
    genuine = account.get_item(account.operator)

    request = account.request(reader, "dynamodb", "ListTables", {})
    for name in ("x-amzn-RequestId", "x-amz-request-id", "X-Request-Id"):
        request = request.with_header(name, genuine.request_id)
    answer = account.answer(request.environ())

    assert answer.request_id != genuine.request_id
    assert [each["principal"] for each in account.decisions(genuine)] == [user_arn("operator")]


@pytest.mark.parametrize("path", ["/", "/moto-api/reset", "/us-east-1_abc/.well-known/jwks.json", "/bucket/key"])
@pytest.mark.parametrize("requested", ["", "x-amz-target, authorization", "\r\nSet-Cookie: a=b"])
def test_a_preflight_never_reaches_the_emulator(account: Account, path: str, requested: str) -> None:
    """Not even with a signature; and what is asked for comes back only if it is a list of header names."""
    request = account.signed(account.operator, "dynamodb", method="OPTIONS", path=path)
    environ = request.environ() | {"HTTP_ACCESS_CONTROL_REQUEST_HEADERS": requested}
    account.emulator.reached.clear()

    answer = account.answer(environ)

    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == requested.partition("\r")[0]
    assert account.emulator.reached == []


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /moto-api/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB_20120810.ListTables\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a\r\nContent-Length: 0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\nab",
        b"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_what_nobody_signed_is_refused(account: Account, raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """With an error of AWS and one line in the log."""
    account.emulator.reached.clear()

    answer = account.answer(environ_of(raw))

    assert 400 <= answer.status < 500
    assert answer.code != ""
    assert account.emulator.reached == []
    assert [record.message.startswith(f"{answer.request_id} refused: ") for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("policies", "allowed"),
    [
        pytest.param([EVERYTHING], True, id="everything"),
        pytest.param(
            [policy({**statement("dynamodb:*"), "Action": ["s3:*", "*"]})], True, id="everything among others"
        ),
        pytest.param([policy(statement("sqs:*"))], False, id="the service"),
        pytest.param([policy(statement("*:*"))], False, id="everything in another spelling"),
        pytest.param([policy(statement("*", "arn:aws:sqs:*:*:*"))], False, id="everything on some resources"),
        pytest.param(
            [policy(statement("*", Condition={"StringEquals": {"aws:username": "reader"}}))], False, id="on condition"
        ),
        pytest.param(
            [policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})], False, id="all but something"
        ),
        pytest.param([EVERYTHING, policy(statement("s3:*", effect="Deny"))], False, id="with a deny elsewhere"),
    ],
)
def test_a_call_that_cannot_be_mapped_is_for_unrestricted_callers_only(
    account: Account,
    policies: list[dict[str, Any]],
    allowed: bool,  # noqa: FBT001 -- what is expected
) -> None:
    """`*` on `*` and no deny: then whatever the call means is allowed. The decision is recorded either way."""
    caller = account.user("reader", *policies)

    answer = account.call(caller, "sqs", "ListQueues", {})

    assert (answer.status == 200) is allowed
    (recorded,) = account.decisions(answer)
    assert (recorded["action"], recorded["resource"]) == ("sqs:*", "*")
    assert recorded["decision"] == ("Allowed" if allowed else "ImplicitlyDenied")
    assert ("cannot map sqs:ListQueues" in answer.text) is not allowed


def test_a_boundary_or_a_session_policy_restricts_who_could_do_everything(account: Account) -> None:
    """Neither may make a call that cannot be mapped, even if boundary and session policy allow everything."""
    arn = account.role("Admin", trust(user_arn("operator")), EVERYTHING)
    everything = account.managed_policy("everything", EVERYTHING)
    free = account.session(account.operator, arn)
    narrowed = account.session(account.operator, arn, Policy=json.dumps(EVERYTHING))

    assert account.call(free, "sqs", "ListQueues", {}).status == 200
    assert account.call(narrowed, "sqs", "ListQueues", {}).code == "AccessDeniedException"
    account.administer("iam", "PutRolePermissionsBoundary", RoleName="Admin", PermissionsBoundary=everything)
    assert account.call(free, "sqs", "ListQueues", {}).code == "AccessDeniedException"


def test_an_unmapped_call_is_unmapped_however_the_body_looks(account: Account) -> None:
    """A body that cannot be read is malformed for everybody, the administrator included."""
    account.emulator.reached.clear()

    for body in (b"{", b"[]", b'{"a": 1, "a": 2}', b"\xff", b'{"a": NaN}'):
        assert account.call(account.operator, "sqs", "ListQueues", body).code == "SerializationException"
    assert account.emulator.reached == []


def test_the_emulator_gets_the_call_as_it_was_authorized(account: Account) -> None:
    """A key condition over several lines is respelled for moto, which would read another partition."""
    account.create_table()
    account.administer("dynamodb", "PutItem", TableName="items", Item={"pk": {"S": "acme#1"}})
    reader = account.user("reader", policy(statement("dynamodb:Query")))
    query = {
        "TableName": "items",
        "KeyConditionExpression": "(\n pk\t= :pk\n )",
        "ExpressionAttributeValues": {":pk": {"S": "acme#1"}},
    }

    answer = account.call(reader, "dynamodb", "Query", query)

    assert answer.json()["Count"] == 1
    assert b'"pk \\u003d :pk"' in account.emulator.reached[-1]["wsgi.input"].getvalue()


def refused(answer: GateAnswer) -> bool:
    """Tell whether the caller is known and may not."""
    assert answer.code in {"", "AccessDeniedException"}
    return answer.code != ""


def test_a_users_policy_counts_from_the_next_request_on(account: Account) -> None:
    """Added, changed, deleted."""
    account.create_table()
    reader = account.user("reader")

    assert refused(account.get_item(reader))
    account.put_user_policy("reader", GET)
    assert not refused(account.get_item(reader))
    account.put_user_policy("reader", policy(statement("dynamodb:GetItem", effect="Deny")))
    assert refused(account.get_item(reader))
    account.put_user_policy("reader", GET)
    account.administer("iam", "DeleteUserPolicy", UserName="reader", PolicyName="policy-0")
    assert refused(account.get_item(reader))


def test_a_group_gives_its_members_what_its_policies_allow(account: Account) -> None:
    """Inline and attached, as long as they are members."""
    account.create_table()
    reader = account.user("reader")
    account.administer("iam", "CreateGroup", GroupName="readers")
    account.administer("iam", "PutGroupPolicy", GroupName="readers", PolicyName="get", PolicyDocument=json.dumps(GET))

    assert refused(account.get_item(reader))
    account.administer("iam", "AddUserToGroup", GroupName="readers", UserName="reader")
    assert not refused(account.get_item(reader))
    denied = account.managed_policy("denied", policy(statement("dynamodb:*", effect="Deny")))
    account.administer("iam", "AttachGroupPolicy", GroupName="readers", PolicyArn=denied)
    assert refused(account.get_item(reader))
    account.administer("iam", "RemoveUserFromGroup", GroupName="readers", UserName="reader")
    account.put_user_policy("reader", GET)
    assert not refused(account.get_item(reader))


def test_of_a_managed_policy_the_default_version_counts(account: Account) -> None:
    """A version that is not the default changes nothing; making it the default does, at once."""
    account.create_table()
    reader = account.user("reader")
    arn = account.managed_policy("get", GET)
    denies = json.dumps(policy(statement("dynamodb:*", effect="Deny")))

    account.administer("iam", "AttachUserPolicy", UserName="reader", PolicyArn=arn)
    assert not refused(account.get_item(reader))
    account.administer("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=denies, SetAsDefault="false")
    assert not refused(account.get_item(reader))
    account.administer("iam", "SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v2")
    assert refused(account.get_item(reader))
    account.administer("iam", "SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v1")
    account.administer("iam", "DetachUserPolicy", UserName="reader", PolicyArn=arn)
    assert refused(account.get_item(reader))


def test_a_permissions_boundary_limits_a_role_from_the_next_request_on(account: Account) -> None:
    """What it does not allow is refused, by name; a boundary that allows it restores it, none at all too."""
    account.create_table()
    session = account.session(account.operator, account.role("Reader", trust(user_arn("operator")), GET))
    allows, does_not = (
        account.managed_policy(action, policy(statement(f"{action}:*"))) for action in ("dynamodb", "s3")
    )

    assert not refused(account.get_item(session))
    account.administer("iam", "PutRolePermissionsBoundary", RoleName="Reader", PermissionsBoundary=does_not)
    assert "because no permissions boundary allows the dynamodb:GetItem" in account.get_item(session).message
    account.administer("iam", "PutRolePermissionsBoundary", RoleName="Reader", PermissionsBoundary=allows)
    assert not refused(account.get_item(session))
    account.administer("iam", "DeletePolicy", PolicyArn=allows)
    assert refused(account.get_item(session)), "a boundary that is gone allows nothing"
    account.administer("iam", "DeleteRolePermissionsBoundary", RoleName="Reader")
    assert not refused(account.get_item(session))


def test_a_deny_in_a_boundary_is_an_explicit_one(account: Account) -> None:
    """And it wins over everything that is allowed elsewhere."""
    account.create_table()
    session = account.session(account.operator, account.role("Reader", trust(user_arn("operator")), EVERYTHING))
    boundary = account.managed_policy("b", policy(statement("*"), statement("dynamodb:GetItem", effect="Deny")))

    account.administer("iam", "PutRolePermissionsBoundary", RoleName="Reader", PermissionsBoundary=boundary)

    assert "with an explicit deny in a permissions boundary" in account.get_item(session).message


def test_a_session_ends_with_its_role(account: Account) -> None:
    """A role that is made anew under the same name is another one: sessions of the old one stay dead."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    session = account.session(account.operator, arn)
    assert not refused(account.get_item(session))

    account.administer("iam", "DeleteRolePolicy", RoleName="Reader", PolicyName="policy-0")
    account.administer("iam", "DeleteRole", RoleName="Reader")
    gone = account.get_item(session)
    again = account.role("Reader", trust(user_arn("operator")), GET)

    assert again == arn
    assert (gone.status, gone.code) == (400, "UnrecognizedClientException")
    assert account.get_item(session).code == "UnrecognizedClientException"
    assert not refused(account.get_item(account.session(account.operator, arn)))


def test_a_key_ends_with_its_user(account: Account) -> None:
    """Also when somebody of the same name comes after: moto forgets to delete the keys of deleted users."""
    account.create_table()
    old = account.user("reader", GET)
    account.administer("iam", "DeleteUserPolicy", UserName="reader", PolicyName="policy-0")
    account.administer("iam", "DeleteUser", UserName="reader")
    gone = account.get_item(old)
    new = account.user("reader", GET)

    assert (gone.status, gone.code) == (400, "UnrecognizedClientException")
    assert account.get_item(old).code == "UnrecognizedClientException"
    assert not refused(account.get_item(new))


def test_a_key_counts_only_while_it_is_active(account: Account) -> None:
    """Inactive, active again, deleted."""
    account.create_table()
    reader = account.user("reader", GET)
    key = {"UserName": "reader", "AccessKeyId": reader.access_key_id}

    account.administer("iam", "UpdateAccessKey", Status="Inactive", **key)
    assert account.get_item(reader).code == "UnrecognizedClientException"
    account.administer("iam", "UpdateAccessKey", Status="Active", **key)
    assert not refused(account.get_item(reader))
    account.administer("iam", "DeleteAccessKey", **key)
    assert account.get_item(reader).code == "UnrecognizedClientException"


def test_a_session_that_has_expired_is_told_so(account: Account) -> None:
    """To the second; an hour later still, and after that the key is forgotten when the next one is vended."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    session = account.session(account.operator, arn, DurationSeconds=900)

    account.clock.advance(seconds=899)
    assert not refused(account.get_item(session))
    account.clock.advance(seconds=1)
    assert account.get_item(session).code == "ExpiredTokenException"
    account.clock.advance(hours=2)
    account.session(account.operator, arn)
    assert account.get_item(session).code == "UnrecognizedClientException"


def test_sessions_that_were_issued_before_a_moment_can_be_revoked(account: Account) -> None:
    """As the console does it: a deny on aws:TokenIssueTime, which later sessions do not meet."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    old = account.session(account.operator, arn)
    account.clock.advance(minutes=1)
    revoked = {"DateLessThan": {"aws:TokenIssueTime": account.clock().isoformat().replace("+00:00", "Z")}}

    account.put_role_policy(
        "Reader", policy(statement("*", effect="Deny", Condition=revoked)), "AWSRevokeOlderSessions"
    )

    assert "with an explicit deny in an identity-based policy" in account.get_item(old).message
    assert not refused(account.get_item(account.session(account.operator, arn)))


def test_the_log_has_one_line_for_a_refusal_and_no_secret(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever names are in the request; and none at all for what is allowed."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    session = account.session(account.operator, arn)
    caplog.clear()

    account.get_item(session)
    account.call(session, "dynamodb", "List\nTables", {})
    account.call(session, "sts", "Get\nSessionToken", {})
    account.assume(session, arn, **{"X\ny": "z"})
    account.call(session, "iam", "CreateUser", {"UserName": "a\nb"})
    account.call(session, "secretsmanager", "GetSecretValue", {"SecretId": "a\nb"})

    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(lines) >= 3
    for line in lines:
        assert " refused: " in line
        assert line.isprintable()
        assert session.secret_access_key not in line
        assert str(session.session_token) not in line
