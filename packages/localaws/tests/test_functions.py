"""A function runs in a process of its own, as long as it is told to, and never outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.functions.process import FunctionError, FunctionProcess, FunctionTimeoutError
from bulkhead_localaws.functions.registry import Functions, UnknownFunctionError, function_environment, parse_function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CONTEXT = {"function_name": "f", "invoked_function_arn": "arn", "aws_request_id": "id"}
CODE = """
import os, subprocess, sys, time

def echo(event, context):
    print("printed", event)
    return {"event": event, "pid": os.getpid(), "left": context.get_remaining_time_in_millis(),
            "log": context.log_group_name, "path": sys.path[0]}

def hang(event, context):
    child = subprocess.Popen(["sleep", "60"])
    open("pids", "w").write(f"{os.getpid()} {child.pid}")
    time.sleep(60)

def reads(event, context):
    return sys.stdin.read()

def big(event, context):
    return "x" * 7_000_000

class Service:
    def __call__(self, event, context):
        return "called"

service = Service()
"""


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., FunctionProcess]]:
    """Return a function that makes a process in a folder with a module of functions."""
    (tmp_path / "told.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    made: list[FunctionProcess] = []

    def make(name: str, **more: Any) -> FunctionProcess:
        made.append(FunctionProcess(name if ":" in name else f"told:{name}", dict(os.environ), **more))
        return made[-1]

    yield make
    for each in made:
        each.stop()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_warm_process_answers_one_event_after_the_other(
    process: Callable[..., FunctionProcess], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it prints goes to the log, and its module is found in the folder where it was started."""
    echo = process("echo")

    first, second = echo.invoke({"n": 1}, CONTEXT), echo.invoke(["x\n"], CONTEXT)

    assert (first["event"], second["event"]) == ({"n": 1}, ["x\n"])
    assert first["pid"] == second["pid"] != os.getpid()
    assert 0 < first["left"] <= 5000
    assert (first["log"], first["path"]) == ("/aws/lambda/f", str(tmp_path))
    assert capfd.readouterr().err == "printed {'n': 1}\nprinted ['x\\n']\n"


def test_calls_from_many_threads_take_turns(process: Callable[..., FunctionProcess]) -> None:
    """Nobody gets another's answer."""
    echo = process("echo")
    answers: dict[int, Any] = {}

    def call(number: int) -> None:
        answers[number] = echo.invoke(number, CONTEXT)["event"]

    threads = [threading.Thread(target=call, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: number for number in range(20)}


def test_one_that_takes_too_long_is_ended_with_all_that_it_started(
    process: Callable[..., FunctionProcess], tmp_path: Path
) -> None:
    """The next call finds a new process."""
    hang = process("hang", seconds=1)

    for _ in range(2):
        with pytest.raises(FunctionTimeoutError):
            hang.invoke({}, CONTEXT)
        pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        wait_until(lambda pids=pids: not any(is_alive(pid) for pid in pids))  # type: ignore[misc]
        (tmp_path / "pids").unlink()


def test_stopping_ends_a_call_that_is_under_way(process: Callable[..., FunctionProcess], tmp_path: Path) -> None:
    """And no later call starts it again."""
    hang = process("hang", seconds=30)
    failures: list[BaseException] = []

    def call() -> None:
        try:
            hang.invoke({}, CONTEXT)
        except FunctionError as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(lambda: (tmp_path / "pids").exists() and len((tmp_path / "pids").read_text().split()) == 2)
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    hang.stop()
    thread.join(10)

    assert len(failures) == 1
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    with pytest.raises(FunctionError, match="being stopped"):
        hang.invoke({}, CONTEXT)


def test_it_ends_with_whoever_started_it_however_that_one_ends(tmp_path: Path) -> None:
    """Also in the middle of an event, when nobody can tell it to stop."""
    (tmp_path / "told.py").write_text(CODE)
    starter = textwrap.dedent(
        """
        import os
        from bulkhead_localaws.functions.process import FunctionProcess
        FunctionProcess("told:hang", dict(os.environ), seconds=60).invoke({}, %r)
        """
    )
    with subprocess.Popen([sys.executable, "-c", starter % (CONTEXT,)], cwd=tmp_path) as started:
        pids = tmp_path / "pids"
        wait_until(lambda: pids.exists() and len(pids.read_text().split()) == 2)
        running = [int(pid) for pid in pids.read_text().split()]
        assert all(map(is_alive, running))
        started.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, running)))


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("absent", "Runtime.ImportModuleError", "has no attribute 'absent'"),
        ("nowhere:f", "Runtime.ImportModuleError", "No module named 'nowhere'"),
        ("os:sep", "Runtime.ImportModuleError", "os:sep is not callable"),
        ("big", "Runtime.ExitError", "answered too much"),
    ],
)
def test_what_cannot_be_called_or_answers_too_much_fails(
    process: Callable[..., FunctionProcess], name: str, kind: str, message: str
) -> None:
    """Each time anew."""
    failing = process(name)
    for _ in range(2):
        with pytest.raises(FunctionError, match=message) as raised:
            failing.invoke({}, CONTEXT)
        assert raised.value.kind == kind


def test_an_object_that_can_be_called_is_a_function_and_input_is_empty(
    process: Callable[..., FunctionProcess],
) -> None:
    """The events do not come where a function could read them by itself."""
    assert process("service").invoke({}, CONTEXT) == "called"
    assert process("reads").invoke({}, CONTEXT) == ""


def test_the_environment_has_no_credentials() -> None:
    """Nor a file, a profile or an address where some could be found; what is not AWS's is passed on."""
    given = {
        "HOME": "/home/ann",
        "STAGE": "dev",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4567",
        **dict.fromkeys(
            [
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "AWS_PROFILE",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "AWS_CONFIG_FILE",
            ],
            "secret",
        ),
    }

    found = function_environment("f", "eu-central-1", given)

    assert "secret" not in found.values()
    assert given.items() - found.items() == {item for item in given.items() if item[1] == "secret"}
    assert (found["AWS_LAMBDA_FUNCTION_NAME"], found["AWS_REGION"]) == ("f", "eu-central-1")


def test_a_function_is_found_by_its_arn_in_any_region_of_the_account() -> None:
    """And by no other; a version or an alias is not known."""
    functions = Functions({"len": "builtins:len"}, account="123456789012")
    try:
        for region in ("eu-central-1", "us-east-1"):
            with pytest.raises(FunctionError, match="takes exactly one argument"):
                functions.invoke(f"arn:aws:lambda:{region}:123456789012:function:len", {})
        for arn in (
            "arn:aws:lambda:eu-central-1:210987654321:function:len",
            "arn:aws:lambda:eu-central-1:123456789012:function:len:1",
            "arn:aws:lambda:eu-central-1:123456789012:function:max",
            "len",
            "",
        ):
            with pytest.raises(UnknownFunctionError):
                functions.invoke(arn, {})
    finally:
        functions.stop()


def test_a_function_is_named_on_the_command_line() -> None:
    """With a dotted module and callable."""
    assert parse_function("a-b_1=x.y:z.w") == ("a-b_1", "x.y:z.w")
    for text in ("", "a", "a=b", "a=b:", "=b:c", "a=b:c:d", "a b=c:d", "a=b c:d", "a=1b:c", "a=b..c:d", "a=b:c\n"):
        with pytest.raises(ValueError, match="is not NAME=module:callable"):
            parse_function(text)
