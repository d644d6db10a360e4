"""Listeners: more ports of one local AWS, each of which stands for a VPC endpoint."""

from __future__ import annotations

import json
import signal
import socket
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bulkhead_localaws.__main__ import main
from bulkhead_localaws.listeners import Listener, PortError
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from bulkhead_localaws.server import create_server
from localaws_testing.account import policy, statement
from localaws_testing.running import Served, client_at, started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ONE, OTHER = "vpce-0123456789abcdef0", "vpce-0fedcba9876543210"


def add(request: Any, headers: Mapping[str, str]) -> None:
    """Add headers to a request, which is signed then."""
    for name, value in headers.items():
        request.headers[name] = value


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Return a local AWS with two listeners, and a user who may list tables through the first."""
    served = Served(listeners=[Listener(0, ONE), Listener(0, OTHER)])
    iam = served.operator("iam")
    iam.create_user(UserName="ann")
    condition = {"StringEquals": {"aws:SourceVpce": ONE}}
    document = policy(statement("dynamodb:ListTables", Condition=condition))
    iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document))
    yield served
    served.stop()


def test_a_request_has_the_endpoint_of_the_listener_at_which_it_arrived(served: Served) -> None:
    """And no other: not at the next listener, and at the plain port none at all."""
    key = served.operator("iam").create_access_key(UserName="ann")["AccessKey"]
    listeners = served.ready.listeners or {}

    def tables(url: str, **headers: str) -> Any:
        client = client_at(url, "dynamodb", key["AccessKeyId"], key["SecretAccessKey"], region="eu-west-1")
        client.meta.events.register("before-sign", lambda request, **_: add(request, headers))
        return client.list_tables()["TableNames"]

    assert tables(listeners[ONE]) == []
    for url in (listeners[OTHER], served.ready.endpoint_url):
        for headers in ({}, {"aws-SourceVpce": ONE}, {"X-Amz-Source-Vpce": ONE}, {"localaws-vpc-endpoint": ONE}):
            with pytest.raises(ClientError, match="not authorized to perform: dynamodb:ListTables"):
                tables(url, **headers)


def test_it_is_one_local_aws(served: Served) -> None:
    """With one state, and every door at every port."""
    assert served.ready.listeners is not None
    served.operator("iam").create_user(UserName="bob")
    operator = served.ready.operator

    for url in served.ready.listeners.values():
        iam = client_at(url, "iam", operator.access_key_id, operator.secret_access_key, region="eu-west-1")
        assert iam.get_user(UserName="bob")["User"]["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:user/bob"
        with urllib.request.urlopen(f"{url}/_localaws/decisions") as answer:
            assert answer.status == 200


def test_the_listeners_stop_with_the_server() -> None:
    """And give their ports back."""
    served = Served(listeners=[Listener(0, ONE)])
    url = (served.ready.listeners or {})[ONE]
    served.stop()

    with pytest.raises(urllib.error.URLError, match="refused"):
        urllib.request.urlopen(f"{url}/_localaws/decisions")
    with socket.create_server(("127.0.0.1", int(url.rpartition(":")[2]))):
        pass


def test_a_listeners_port_that_is_taken_is_named_and_no_other_is_kept() -> None:
    """Nothing is half started."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(PortError, match="in use") as refused:
            create_server("127.0.0.1", port, listeners=[Listener(number, ONE)])
        assert refused.value.port == number
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_the_ready_file_has_the_urls_of_the_listeners(tmp_path: Path) -> None:
    """By the ids of their endpoints; a signal ends all of it cleanly."""
    with started(tmp_path, "--listener", f"0={ONE}", "--listener", f"0={OTHER}") as (process, ready):
        assert ready["listeners"].keys() == {ONE, OTHER}
        assert len({ready["endpoint_url"], *ready["listeners"].values()}) == 3
        for url in ready["listeners"].values():
            with urllib.request.urlopen(f"{url}/_localaws/decisions") as answer:
                assert json.load(answer) == {"decisions": []}
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize("text", ["", "0", "0=", ONE, f"={ONE}", f"x={ONE}", f"65536={ONE}", "0=vpc-0123", f"0={ONE} "])
def test_what_is_no_listener_is_said_so(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the form that it has."""
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", f"--listener={text}"])
    assert ended.value.code == 2
    printed = capsys.readouterr().err
    assert "is not PORT=vpce-ID, such as 0=vpce-0123456789abcdef0" in printed or "is not a port from 0" in printed


def test_an_endpoint_or_an_issuer_is_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Which of two counts, nobody could say."""
    for arguments, name in (
        (["--listener", f"0={ONE}", "--listener", f"1={ONE}"], f"--listener: {ONE}"),
        (["--issuer", "https://a=x", "--issuer", "https://a=y"], "--issuer: https://a"),
    ):
        with pytest.raises(SystemExit) as ended:
            main(["--port", "0", *arguments])
        assert ended.value.code == 2
        assert f"{name} is given twice; give each one once" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "https://a", "https://a=", "http://a=x", "a=x", "=x"])
def test_what_is_no_issuer_is_said_so(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the form that it has."""
    with pytest.raises(SystemExit) as ended:
        main(["--port", "0", f"--issuer={text}"])
    assert ended.value.code == 2
    assert "is not URL=FILE-OR-URL, such as https://issuer.example.com=keys.json" in capsys.readouterr().err


def test_a_taken_port_of_a_listener_is_said_so_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """With the option that changes it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["--port", "0", "--listener", f"{port}={ONE}"]) == 2
    assert (
        capsys.readouterr().err
        == f"port {port} is taken: stop what listens there, or pass another port with --listener\n"
    )
