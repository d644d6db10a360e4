"""One HTTP server on one port: its doors, what it survives, and how it stops."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from bulkhead_localaws.execution import PATH, execution_token
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from bulkhead_localaws.moto.request_handler import RequestHandler
from bulkhead_localaws.server import Ready, create_server
from localaws_testing.running import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

SILENCE = 0.4  # seconds


class Running(Served):
    """A server that is also asked without boto3."""

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=10)

    def raw(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(data)
            return everything(connection)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Ask as a browser does."""
        try:
            with urllib.request.urlopen(
                urllib.request.Request(self.ready.endpoint_url + path, headers=headers)
            ) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()


def everything(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes; nothing more when it resets the connection."""
    received = b""
    try:
        while data := connection.recv(65536):
            received += data
    except ConnectionResetError:
        pass
    return received


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Return a running server that soon loses its patience."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestHandler, "timeout", SILENCE)
        running = Running()
        yield running
        running.stop()


def test_it_is_ready_with_an_endpoint_an_account_and_an_administrator(running: Running) -> None:
    """All of it as JSON; what was not started is absent."""
    document = json.loads(json.dumps(running.ready.as_document()))

    assert document["endpoint_url"] == f"http://127.0.0.1:{running.server.port}"
    assert document["account_id"] == ACCOUNT_ID
    assert document["operator"]["access_key_id"].startswith("AKIA")
    assert len(document["execution_secret"]) == 64
    assert "postgres" not in document
    arn = running.operator("sts").get_caller_identity()["Arn"]
    assert arn == f"arn:aws:iam::{ACCOUNT_ID}:user/operator"


def test_every_door_is_behind_its_own_path(running: Running) -> None:
    """Decisions on loopback, credentials for who holds a token, and the gate for everything else."""
    token = execution_token(running.ready.execution_secret, "absent")

    assert running.get("/_localaws/decisions")[0] == 200
    assert running.get("/_localaws/decisions", Host="evil.example")[0] == 403
    assert running.get(f"{PATH}absent")[0] == 401
    assert running.get(f"{PATH}absent", Authorization=token)[0] == 404
    for path in ("/", "/_localaws/", "/_localaws/decisions/", "/_localaws", "/_localaws/other", "/moto-api/"):
        status, body = running.get(path)
        assert status == 403, path
        assert b"<Code>AccessDenied</Code>" in body, path


def test_a_decision_is_found_by_the_request_id_of_the_answer(running: Running) -> None:
    """Over the wire."""
    with pytest.raises(ClientError) as refused:
        running.operator("dynamodb").describe_table(TableName="absent")
    request_id = refused.value.response["ResponseMetadata"]["RequestId"]

    decisions = json.loads(running.get("/_localaws/decisions")[1])["decisions"]

    assert [each["action"] for each in decisions if each["request_id"] == request_id] == ["dynamodb:DescribeTable"]


def test_an_sdk_reads_a_call_of_iam_and_a_failure_of_the_emulator(running: Running) -> None:
    """The id of the decision, which is not moto's own; and who failed on what."""
    iam = running.operator("iam", retries={"total_max_attempts": 1})
    request_id = iam.list_users()["ResponseMetadata"]["RequestId"]
    with pytest.raises(ClientError) as failed:
        iam.delete_user_permissions_boundary(UserName="operator")

    decisions = json.loads(running.get("/_localaws/decisions")[1])["decisions"]

    assert [each["action"] for each in decisions if each["request_id"] == request_id] == ["iam:ListUsers"]
    assert failed.value.response["Error"]["Code"] == "InternalFailure"
    assert failed.value.response["Error"]["Message"] == (
        "The emulator behind the gate failed on iam:DeleteUserPermissionsBoundary."
    )
    failed_id = failed.value.response["ResponseMetadata"]["RequestId"]
    actions = [each["action"] for each in decisions if each["request_id"] == failed_id]
    assert actions == ["iam:DeleteUserPermissionsBoundary"]


HOST = b"Host: 127.0.0.1\r\n"
GARBAGE = {
    "nothing but a line end": b"\r\n",
    "bytes": b"\x00\x01\xff\xfe\r\n\r\n",
    "an unknown version": b"GET / HTTP/9.9\r\n\r\n",
    "a target that cannot be split": b"GET http://[/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long target": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 200 + b"\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nfoo\r\n" + HOST + b"\r\n",
    "bytes beyond ASCII": b"GET /\xff HTTP/1.1\r\n" + HOST + b"Authorization: \xff\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n",
    "a length that is none": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: ten\r\n\r\n",
    "an endless length": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999\r\n\r\n",
    "chunks": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "a method like an attribute": b"__class__ / HTTP/1.1\r\n" + HOST + b"\r\n",
    "no host": b"GET /_localaws/decisions HTTP/1.0\r\n\r\n",
    "another request behind": b"GET / HTTP/1.1\r\n" + HOST + b"\r\nPOST /moto-api/reset HTTP/1.1\r\n" + HOST + b"\r\n",
    "a reset": b"POST /moto-api/reset HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    "a reset, absolutely": b"POST http://127.0.0.1/moto-api/reset HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    "a reset, escaped": b"POST /%6doto-api/reset HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    "a reset, around a corner": b"POST /x/../moto-api/reset HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
    "a reset, with slashes": b"POST //moto-api//reset HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_answered_with_an_error_or_not_at_all(
    running: Running, garbage: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Never with a traceback, in the log neither; and the server goes on, with what it knew."""
    answer = running.raw(GARBAGE[garbage])

    status = answer.partition(b" ")[2][:1] if answer.startswith(b"HTTP/") else b""
    assert status in {b"4", b""}, answer
    assert b"Traceback" not in answer
    assert "Traceback" not in capfd.readouterr().err
    assert running.operator("iam").get_user(UserName="operator")["User"]["UserName"] == "operator"


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(b"", id="nothing at all"),
        pytest.param(b"POST / HT", id="half a line"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\n", id="half of the headers"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", id="half of the body"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\nmore", id="more than was announced"),
    ],
)
def test_whoever_falls_silent_is_given_up(running: Running, begun: bytes) -> None:
    """So nobody keeps threads and sockets by beginning requests; others are served meanwhile."""
    with running.connect() as connection:
        connection.sendall(begun)
        started = time.monotonic()
        assert running.get("/_localaws/decisions")[0] == 200
        received = everything(connection)
        waited = time.monotonic() - started

    assert waited < SILENCE + 5
    assert received[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 403"}


def test_many_half_requests_at_once_leave_room_for_others(running: Running) -> None:
    """Each has its own thread until it is given up."""
    connections = [running.connect() for _ in range(100)]
    try:
        for connection in connections:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        assert running.operator("sts").get_caller_identity()["Account"] == ACCOUNT_ID
    finally:
        for connection in connections:
            connection.close()


def test_a_body_of_ten_megabytes_is_judged_like_any_other(running: Running) -> None:
    """Refused by what it says, within seconds."""
    body = b'{"TableName": "absent", "Item": {"pk": {"S": "' + b"x" * 10_000_000 + b'"}}}'
    head = b"POST / HTTP/1.1\r\n" + HOST + b"X-Amz-Target: DynamoDB_20120810.PutItem\r\n"

    answer = running.raw(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    assert b"MissingAuthenticationToken" in answer


def test_it_stops_while_somebody_is_silent() -> None:
    """At once: a connection that hangs holds nothing up."""
    running = Running()
    with running.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        time.sleep(0.05)
        started = time.monotonic()
        running.stop()
        assert time.monotonic() - started < 3


def test_a_port_that_is_taken_is_an_error_and_does_not_end_the_process() -> None:
    """As for any socket."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        create_server("127.0.0.1", taken.getsockname()[1])


def test_what_is_ready_does_not_show_its_secrets_when_it_is_printed_by_accident(running: Running) -> None:
    """It is for the ready file and the instructions only."""
    assert isinstance(running.ready, Ready)
    assert running.ready.as_document()["execution_secret"] == running.ready.execution_secret
