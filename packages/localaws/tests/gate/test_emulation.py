"""The emulator's answers under the gate's request id, and the word that it failed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore import parsers

from bulkhead_localaws.gate.emulation import EmulatorError, emulated
from bulkhead_localaws.protocol.requests import HttpRequest
from localaws_testing.account import Account, GateAnswer, policy, statement
from localaws_testing.signed_requests import environ_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EMPTY = {"X-Amz-Content-Sha256": hashlib.sha256(b"").hexdigest()}


def read_by_botocore(answer: GateAnswer, protocol: str) -> dict[str, Any]:
    """Return an answer as an SDK reads it."""
    response = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
    read: dict[str, Any] = parsers.create_parser(protocol).parse(response, None)  # type: ignore[arg-type] # no shape
    return read


@pytest.mark.parametrize(
    ("operation", "parameters", "status"),
    [
        ("GetUser", {"UserName": "operator"}, 200),
        ("ListUsers", {}, 200),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "<RequestId>x"}, 200),
        ("GetUser", {"UserName": "nobody"}, 404),
        ("CreateUser", {"UserName": "operator"}, 409),
        ("GetRole", {"RoleName": ""}, 400),
    ],
)
def test_the_decision_about_a_call_of_iam_is_found_by_the_id_that_an_sdk_reads(
    account: Account, operation: str, parameters: dict[str, str], status: int
) -> None:
    """SDKs take it from the XML, where moto writes one of its own; an error that the gate finds has one as well."""
    answer = account.call(account.operator, "iam", operation, parameters)

    assert answer.status == status
    assert answer.headers["content-length"] == str(len(answer.body))
    assert read_by_botocore(answer, "query")["ResponseMetadata"]["RequestId"] == answer.request_id
    assert [each["action"] for each in account.decisions(answer)] == ([f"iam:{operation}"] if status != 400 else [])


def test_a_refusal_of_iam_has_the_same_id_in_header_and_body(account: Account) -> None:
    """And so has the allowed twin."""
    reader = account.user("reader", policy(statement("iam:ListUsers")))

    for operation, decision in (("ListRoles", "ImplicitlyDenied"), ("ListUsers", "Allowed")):
        answer = account.call(reader, "iam", operation, {})
        (recorded,) = account.decisions(answer)
        assert recorded["decision"] == decision
        assert read_by_botocore(answer, "query")["ResponseMetadata"]["RequestId"] == recorded["request_id"]


def ask(account: Account, service: str, asked: str) -> GateAnswer:
    """Ask as the administrator for an action, or for a path."""
    if asked.startswith("/"):
        request = account.signed(account.operator, service, path=asked, headers=EMPTY, method="GET")
    else:
        request = account.signed(account.operator, service, headers=FORM, body=f"Action={asked}".encode())
    return account.answer(request.environ())


@pytest.mark.parametrize(
    ("protocol", "service", "asked", "status"),
    [
        ("query", "sns", "ListTopics&Version=2010-03-31", 200),
        ("query", "sts", "GetCallerIdentity&Version=2011-06-15", 200),
        ("ec2", "ec2", "DescribeVpcs&Version=2016-11-15", 200),
        ("ec2", "ec2", "DescribeVpcs&VpcId.1=vpc-1&Version=2016-11-15", 400),
        ("rest-xml", "route53", "/2013-04-01/hostedzone/Z1", 404),
        ("rest-xml", "s3", "/bucket", 404),
    ],
)
def test_whatever_the_protocol_an_sdk_reads_the_gates_id(protocol: str, service: str, asked: str, status: int) -> None:
    """From the body, or else from the header."""
    answer = ask(Account(), service, asked)

    assert answer.status == status
    assert read_by_botocore(answer, protocol)["ResponseMetadata"]["RequestId"] == answer.request_id
    assert answer.request_id != ""


def test_what_somebody_has_stored_is_not_an_answer_of_the_emulator(account: Account) -> None:
    """A document in S3 comes back as it is, whatever its elements are called."""
    where = b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>"
    document = b"<a><RequestId>mine</RequestId></a>"
    for path, body in (("/bucket", where), ("/bucket/key", document)):
        headers = {"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest(), "Content-Type": "text/xml"}
        request = account.signed(account.operator, "s3", method="PUT", path=path, headers=headers, body=body)
        assert account.answer(request.environ()).status == 200

    assert ask(account, "s3", "/bucket/key").body == document


class Answering:
    """An emulator that answers in parts, and knows whether it was closed."""

    def __init__(self, *parts: bytes | Exception, starts: bool = True) -> None:
        self.parts = parts
        self.starts = starts
        self.closed = False

    def __call__(self, _: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """GateAnswer."""
        if self.starts:
            write = start_response("200 OK", [("Content-Length", "999"), ("x-amzn-RequestId", "moto")])
            write(b"<a>")
        return self

    def __iter__(self) -> Any:
        """Yield the parts, and raise those that are errors."""
        for part in self.parts:
            if isinstance(part, Exception):
                raise part
            yield part

    def close(self) -> None:
        """Notice it."""
        self.closed = True


def answered(emulator: Answering, form: bytes = b"Action=GetUser&UserName=a") -> tuple[dict[str, str], bytes]:
    """Let an emulator answer a call of IAM."""
    raw = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    environ = environ_of(raw + b"Content-Length: %d\r\n\r\n" % len(form) + form)
    request = HttpRequest.from_environ(environ, max_body=1_000)
    started: list[list[tuple[str, str]]] = []

    def start(status: str, headers: list[tuple[str, str]], _: object = None) -> Any:
        assert status == "200 OK"
        started.append(headers)

    body = b"".join(emulated(emulator, environ, start, request=request, service="iam", request_id="id-1"))
    return dict(started[0]), body


def test_an_answer_in_parts_is_put_together() -> None:
    """Also one whose id is split, with what was written the old way before; its length is what it became."""
    emulator = Answering(b"<Reque", b"stId>moto</RequestId><UserName>RequestId</UserName>", b"</a>")

    headers, body = answered(emulator)

    assert body == b"<a><RequestId>id-1</RequestId><UserName>RequestId</UserName></a>"
    assert headers == {"Content-Length": str(len(body)), "x-amzn-RequestId": "id-1"}
    assert emulator.closed


def test_an_answer_without_an_id_stays_as_it_is() -> None:
    """Its length, too."""
    headers, body = answered(Answering(b"</a>"))

    assert body == b"<a></a>"
    assert headers["Content-Length"] == "999"


@pytest.mark.parametrize(
    "emulator", [Answering(b"<b>", ZeroDivisionError()), Answering(ZeroDivisionError()), Answering(starts=False)]
)
def test_an_emulator_that_breaks_off_has_failed(emulator: Answering) -> None:
    """Nothing of its answer is passed on, and it is closed."""
    with pytest.raises(EmulatorError, match=r"^The emulator behind the gate failed on iam:GetUser\.$") as failure:
        answered(emulator)

    assert emulator.closed
    assert failure.value.__cause__ is not None


@pytest.mark.parametrize(
    ("form", "called"),
    [
        (b"Action=Get%0AUser", "iam:Get?User"),
        (b"Action=" + b"A" * 100, "iam:" + "A" * 64),
        (b"Action=%3Cb%3E", "iam:?b?"),
        (b"Version=1", r"iam \(POST\)"),
    ],
)
def test_a_failure_names_what_was_called_and_shows_nothing_else_of_the_request(form: bytes, called: str) -> None:
    """Letters and digits: it is for a log and an answer."""
    with pytest.raises(EmulatorError, match=rf"failed on {called.replace('?', '[?]')}\.$"):
        answered(Answering(ZeroDivisionError("a secret")), form)
