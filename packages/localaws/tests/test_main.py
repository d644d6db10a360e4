"""`python -m bulkhead_localaws`: what it says, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.__main__ import main
from localaws_testing.running import client_at, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], dict[str, Any]]]]:
    """Return a function that starts a local AWS and returns its process and what it says when it is ready."""
    with ExitStack() as running:
        yield lambda *arguments, **more: running.enter_context(started(tmp_path, *arguments, **more))


def test_a_port_that_is_taken_is_said_so_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With what to do about it; exit code 2, and no ready file."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code = main(["--port", str(port), "--ready-file", str(tmp_path / "ready.json")])

    assert code == 2
    printed = capsys.readouterr()
    assert printed.err == f"port {port} is taken: stop what listens there, or pass --port\n"
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["203.0.113.1", "host.invalid"])
def test_an_address_that_cannot_be_had_is_said_so_in_one_line(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a mistake in the command line."""
    assert main(["--host", host, "--port", "0"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"cannot listen on {host}, port 0: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("port", ["65536", "-1", "http", "", "\u0665", "4566.0"])
@pytest.mark.parametrize("option", ["--port", "--postgres-port"])
def test_what_is_no_port_is_not_tried(option: str, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever Python could make of it."""
    with pytest.raises(SystemExit) as ended:
        main([f"{option}={port}"])
    assert ended.value.code == 2
    assert f"argument {option}: {port!r} is not a port from 0 to 65535" in capsys.readouterr().err


def test_the_ready_file_has_everything_and_is_its_owners_alone(tmp_path: Path, start: Any) -> None:
    """Also when a run that was killed left half a file behind that everybody may read."""
    (tmp_path / "ready.json.partial").write_text("{")
    (tmp_path / "ready.json.partial").chmod(0o644)

    _, ready = start()

    assert ready.keys() == {"endpoint_url", "account_id", "operator", "execution_secret"}
    assert stat.S_IMODE((tmp_path / "ready.json").stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"log", "ready.json"}
    with urllib.request.urlopen(f"{ready['endpoint_url']}/_localaws/decisions") as answer:
        assert json.load(answer) == {"decisions": []}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start: Any, tmp_path: Path, number: signal.Signals) -> None:
    """Exit code 0, also while a connection hangs; it has said where the keys are, and told nobody what they are."""
    process, ready = start()
    port = int(ready["endpoint_url"].rpartition(":")[2])

    with socket.create_connection(("127.0.0.1", port)) as hanging:
        hanging.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        process.send_signal(number)
        process.wait(20)
        printed = (tmp_path / "log").read_bytes()

    assert process.returncode == 0
    assert printed.decode() == f"ready: {tmp_path / 'ready.json'} says how to use it\n"


def test_it_can_end_with_whoever_started_it(start: Any) -> None:
    """When its input closes, because that one is gone."""
    process, _ = start("--until-stdin-closes", stdin=subprocess.PIPE)

    assert process.poll() is None
    process.stdin.close()
    assert process.wait(20) == 0


def test_it_says_that_another_project_has_the_same_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name `localaws` is another's on PyPI; whichever was installed last has the command."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--port", port]) == 2
        assert "another project" not in capsys.readouterr().err

        namesake = tmp_path / "localaws-0.1.1.dist-info"
        namesake.mkdir()
        (namesake / "METADATA").write_text("Metadata-Version: 2.1\nName: localaws\nVersion: 0.1.1\n")
        monkeypatch.syspath_prepend(tmp_path)
        assert main(["--port", port]) == 2
        assert "`python -m bulkhead_localaws` always starts this one" in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it() -> None:
    """And serves nothing: whoever asked for PostgreSQL needs it."""
    code = "import sys; sys.modules['psycopg'] = None; from bulkhead_localaws.__main__ import main; sys.exit(main())"

    ran = subprocess.run(
        [sys.executable, "-c", code, "--port", "0", "--postgres"], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "--postgres needs psycopg, which is not installed: pip install 'bulkhead-localaws[postgres]'\n"


def test_it_says_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    """That of the distribution."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"bulkhead-localaws {version('bulkhead-localaws')}\n"


def test_its_functions_end_with_it(start: Any, tmp_path: Path) -> None:
    """A function runs at a sign-in, in the folder of the emulator, prints to its log, and is gone afterwards."""
    (tmp_path / "told.py").write_text(
        "import os\n\ndef f(event, context):\n    print('runs as', os.getpid())\n    return event\n"
    )
    process, ready = start("--function", "f=told:f", cwd=tmp_path)
    key = ready["operator"]
    cognito = client_at(
        ready["endpoint_url"], "cognito-idp", key["access_key_id"], key["secret_access_key"], region="eu-west-1"
    )
    arn = f"arn:aws:lambda:eu-west-1:{ready['account_id']}:function:f"
    pool_id = cognito.create_user_pool(PoolName="p", LambdaConfig={"PreTokenGeneration": arn})["UserPool"]["Id"]
    client_id = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="c", ExplicitAuthFlows=["USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool_id, Username="a")
    cognito.admin_set_user_password(UserPoolId=pool_id, Username="a", Password="Correct-horse-9", Permanent=True)
    cognito.initiate_auth(
        ClientId=client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "a", "PASSWORD": "Correct-horse-9"},
    )
    pid = int((tmp_path / "log").read_text().rpartition("runs as ")[2])

    assert Path(f"/proc/{pid}").exists()
    process.terminate()
    assert process.wait(20) == 0
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize("function", ["f", "f=module", "f=:g", "=m:f", "f g=m:f"])
def test_what_names_no_function_is_not_tried(function: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake in the command line is said at once."""
    with pytest.raises(SystemExit) as ended:
        main([f"--function={function}"])
    assert ended.value.code == 2
    assert f"argument --function: {function!r} is not NAME=module:callable" in capsys.readouterr().err
