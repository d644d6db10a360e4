"""Child processes that end with their parent, however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stage.errors import CommandError
from stage.local.processes import Child, free_port, refuse_unusable_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: A child as this project's are: it stops on SIGTERM and when its input ends, and notes what reaches it.
LINGERING = """
import json, os, signal, sys, threading
from pathlib import Path
from stage.local.processes import stop_when_input_ends

folder = Path(sys.argv[1])
stopped = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: ((folder / "terminated").touch(), stopped.set()))
signal.signal(signal.SIGINT, lambda *_: (folder / "interrupted").touch())
threading.Thread(target=stop_when_input_ends, args=(stopped.set,), daemon=True).start()
print("child is here", flush=True)
about = {"pid": os.getpid(), "arguments": sys.argv[1:], "environment": dict(os.environ)}
(folder / "partial").write_text(json.dumps(about))
(folder / "partial").rename(folder / "about")
stopped.wait()
(folder / "stopped").touch()
"""

#: A parent that starts such a child and then does nothing.
PARENT = """
import os, signal, sys, time
from pathlib import Path
from stage.local.processes import Child
signal.signal(signal.SIGINT, signal.SIG_IGN)
folder = Path(sys.argv[1])
child = Child("lingering", [str(folder)], environment=os.environ, log=folder / "log")
time.sleep(60)
"""


@pytest.fixture
def environment(tmp_path: Path, project: Path) -> dict[str, str]:
    """An environment in which the child's module can be found."""
    (tmp_path / "lingering.py").write_text(LINGERING)
    (tmp_path / "failing.py").write_text("import sys; sys.exit('no port is free')")
    return {"PYTHONPATH": f"{tmp_path}:{project}", "SETTING": "given"}


@pytest.fixture
def start(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Child]]:
    """Start children, and leave none behind."""
    started: list[Child] = []

    def start_child(module: str = "lingering", *arguments: str) -> Child:
        child = Child(
            module, [str(tmp_path), *arguments], environment=environment, log=tmp_path / "logs" / f"{module}.log"
        )
        started.append(child)
        return child

    yield start_child
    for child in started:
        child.stop()


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def about(folder: Path) -> dict[str, Any]:
    """Return what the child tells about itself once it is ready."""
    assert wait_for((folder / "about").exists)
    document: dict[str, Any] = json.loads((folder / "about").read_text())
    return document


def is_alive(pid: int) -> bool:
    """Return whether there is such a process that is not merely waiting to be reaped."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_child_runs_with_the_given_arguments_and_environment_only(
    start: Callable[..., Child], tmp_path: Path
) -> None:
    """Nothing of this process's environment, credentials above all, reaches it."""
    child = start("lingering", "--port", "0")
    child.wait_until((tmp_path / "about").exists, seconds=10)

    told = about(tmp_path)
    assert told["arguments"] == [str(tmp_path), "--port", "0", "--until-stdin-closes"]
    assert set(told["environment"]) - {"LC_CTYPE"} == {"PYTHONPATH", "SETTING"}
    assert child.running


def test_stop_lets_the_child_stop_in_good_order(start: Callable[..., Child], tmp_path: Path) -> None:
    """It is asked by SIGTERM, and when stop returns it is gone."""
    child = start()
    pid = about(tmp_path)["pid"]
    child.stop()

    assert (tmp_path / "terminated").exists()
    assert (tmp_path / "stopped").exists()
    assert not child.running
    assert not is_alive(pid)


def test_a_child_that_has_ended_can_be_stopped(start: Callable[..., Child]) -> None:
    """Cleaning up after a failure must not fail, and twice does no harm."""
    child = start("failing")
    assert wait_for(lambda: not child.running)
    child.stop()
    child.stop()


@pytest.fixture
def parent(tmp_path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A parent process in a group of its own, as a terminal makes it."""
    process = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], env=environment, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_child_ends_when_its_parent_is_killed(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """SIGKILL leaves the parent no chance to stop anything: the end of the child's input tells it."""
    pid = about(tmp_path)["pid"]
    assert is_alive(pid)

    parent.kill()

    assert wait_for((tmp_path / "stopped").exists)
    assert wait_for(lambda: not is_alive(pid))
    assert not (tmp_path / "terminated").exists()


def test_a_child_gets_no_ctrl_c(parent: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """A terminal sends it to the whole group of the parent, which stops its children itself, in good order."""
    pid = about(tmp_path)["pid"]

    os.killpg(parent.pid, signal.SIGINT)
    assert not wait_for((tmp_path / "interrupted").exists, seconds=0.3)
    assert is_alive(pid)

    os.kill(pid, signal.SIGINT)
    assert wait_for((tmp_path / "interrupted").exists), "the child would have noted it"


def test_waiting_for_a_child_that_ends_reports_what_it_said(start: Callable[..., Child]) -> None:
    """At once, and not only after the time is up."""
    started = time.monotonic()
    with pytest.raises(CommandError) as failed:
        start("failing").wait_until(lambda: False, seconds=60)
    assert str(failed.value) == "failing ended before it was ready: no port is free"
    assert time.monotonic() - started < 30


def test_waiting_for_a_child_that_is_never_ready_ends(start: Callable[..., Child], tmp_path: Path) -> None:
    """The message names the log."""
    child = start()
    with pytest.raises(CommandError) as failed:
        child.wait_until(lambda: False, seconds=0.2)
    assert str(failed.value) == f"lingering was not ready after 0 s: see {tmp_path}/logs/lingering.log"


def test_the_log_holds_what_this_child_said_and_nothing_older(start: Callable[..., Child], tmp_path: Path) -> None:
    """Output and errors, of this run only."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "lingering.log").write_text("an older run")
    child = start()
    about(tmp_path)
    assert child.log.read_text() == "child is here\n"


def test_a_free_port_can_be_had() -> None:
    """On loopback."""
    with socket.create_server(("127.0.0.1", free_port())):
        pass


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    """Before anything is started; the message names the variable that chooses another."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(CommandError) as refused:
            refuse_unusable_port(port, "API_PORT")
    assert str(refused.value) == (
        f"port {port} is taken: stop what listens there, or choose another with `API_PORT=...`"
    )


@pytest.mark.parametrize("port", [-1, 0, 65_536, 1_000_000])
def test_what_is_no_port_is_refused(port: int) -> None:
    """With the way out, and not with a traceback of the socket library."""
    with pytest.raises(CommandError, match=f"{port} is no port: choose another with `API_PORT=...`"):
        refuse_unusable_port(port, "API_PORT")


def test_a_free_port_is_not_refused() -> None:
    """Not even when connections of the server that was there a moment ago are still closing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listening.accept()[0] as accepted:
            accepted.shutdown(socket.SHUT_WR)
    refuse_unusable_port(port, "API_PORT")
