"""`make dev` from outside: it starts, describes itself, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stage.document import LocalStage
from stage.http_api import Api
from stage.local.processes import free_port
from stage.sign_in import sign_in
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PROJECT = Path(__file__).parents[2]


class Dev:
    """A run of ops.dev with a stage of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        aws_port: int = 0,
        environ: dict[str, str] | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        ports = ["--aws-port", str(aws_port or free_port()), "--api-port", str(free_port())]
        ports += ["--web-port", str(free_port())]
        self._log = folder / f"dev-{len(list(folder.glob('dev-*')))}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops.dev", *ports, "--stage-file", str(folder / "stage.json"), *arguments],
                cwd=PROJECT,
                stderr=log,
                env=os.environ | (environ or {}),
            )

    @property
    def printed(self) -> str:
        """What it told the person so far, on one line."""
        return " ".join(self._log.read_text().split())

    def end(self, number: signal.Signals | None = None) -> int:
        """Send the signal, if any, wait for the end, and return the exit code."""
        if number is not None:
            self.process.send_signal(number)
        return self.process.wait(timeout=40)


@pytest.fixture
def dev(tmp_path: Path) -> Iterator[Callable[..., Dev]]:
    """Return a function that runs ops.dev; whatever runs at the end of the test is stopped."""
    started: list[Dev] = []

    def run(**options: Any) -> Dev:
        started.append(Dev(tmp_path, **options))
        return started[-1]

    yield run
    for each in started:
        each.end(signal.SIGTERM)


def _wait_for_stage(path: Path, dev: Dev, *, not_at: str = "") -> LocalStage:
    deadline = time.monotonic() + 180  # a bound, not a measurement: the machine may be busy
    while not path.exists() or LocalStage.load(path).aws_endpoint_url == not_at:
        assert dev.process.poll() is None, dev.printed
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return LocalStage.load(path)


def _listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def _assert_serves(stage: LocalStage) -> None:
    """A demo user can sign in and call."""
    tokens = sign_in(stage, stage.user("globex", "member"))
    person = Person(Api(stage.api_url), tokens["IdToken"], tokens["AccessToken"])
    answer = person.call("GET", "/me")
    person.api.close()
    assert answer.body["tenant"] == "globex"


def _assert_stops(running: Dev, stage: LocalStage, folder: Path, number: signal.Signals) -> None:
    """After the signal, neither a process nor the document is left."""
    assert running.end(number) == 0
    assert "ready" in running.printed
    assert not (folder / "stage.json").exists()
    assert not (folder / "env").exists()
    assert not _listens(stage.api_url)
    assert not _listens(stage.aws_endpoint_url)


def test_whatever_the_callers_shell_holds_a_ready_stage_serves_and_ctrl_c_stops_all_of_it(
    dev: Callable[..., Dev], tmp_path: Path
) -> None:
    """A profile, an endpoint, a proxy or a Terraform variable of the developer's changes nothing."""
    shell = {
        "AWS_PROFILE": "of-another-project",
        "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:9",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "TF_VAR_region": "mars-north-1",
        "TF_WORKSPACE": "another",
    }
    running = dev(environ=shell)
    stage = _wait_for_stage(tmp_path / "stage.json", running)

    assert stage.region == "eu-central-1"
    _assert_serves(stage)
    _assert_stops(running, stage, tmp_path, signal.SIGINT)


@pytest.mark.evidence
def test_children_end_when_their_parent_is_killed_and_the_next_run_serves_until_sigterm(
    dev: Callable[..., Dev], tmp_path: Path
) -> None:
    """A crash leaves the document behind, and the next run recognises it as stale."""
    crashed = dev()
    stage = _wait_for_stage(tmp_path / "stage.json", crashed)
    crashed.end(signal.SIGKILL)

    deadline = time.monotonic() + 10
    while _listens(stage.api_url) or _listens(stage.aws_endpoint_url):
        assert time.monotonic() < deadline
        time.sleep(0.1)

    running = dev()
    again = _wait_for_stage(tmp_path / "stage.json", running, not_at=stage.aws_endpoint_url)
    _assert_serves(again)
    _assert_stops(running, again, tmp_path, signal.SIGTERM)


def test_a_second_stage_in_the_same_folder_is_refused(dev: Callable[..., Dev], tmp_path: Path) -> None:
    """Also while the first one is still starting, before there is a document."""
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = dev()
        code = refused.end()

    assert code == 2
    assert "a stage is running already" in refused.printed


@pytest.mark.evidence
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_an_interrupted_start_leaves_no_terraform_behind(
    dev: Callable[..., Dev], tmp_path: Path, number: signal.Signals
) -> None:
    """While Terraform applies: it and its provider end before the local AWS does."""
    starting = dev()
    deadline = time.monotonic() + 40
    while "apply infra/local" not in starting.printed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)  # into the apply, wherever that is

    assert starting.end(number) == 130
    assert str(tmp_path) not in _environments_of("terraform")
    assert not (tmp_path / "stage.json").exists()


def _environments_of(name: str) -> str:
    """Return the environments of all processes whose name begins so; the folder of a stage stands in them."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().startswith(name):
                found.append((process / "environ").read_bytes().decode(errors="replace"))
        except OSError:
            continue  # ended meanwhile
    return "".join(found)


@pytest.mark.evidence
def test_everything_but_the_api_is_enough_to_sign_in(dev: Callable[..., Dev], tmp_path: Path) -> None:
    """`make stack` writes the stage document too, for who serves the API with `chalice local`."""
    running = dev(arguments=["--no-api"])
    stage = _wait_for_stage(tmp_path / "stage.json", running)

    assert sign_in(stage, stage.user("acme", "member"))["IdToken"]
    assert not _listens(stage.api_url)
    assert "chalice local" in running.printed


def test_a_taken_port_is_named_before_anything_starts(dev: Callable[..., Dev]) -> None:
    """The message says how to choose another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = dev(aws_port=port)
        code = refused.end()

    assert code == 2
    assert f"port {port} is taken" in refused.printed
    assert "AWS_PORT" in refused.printed


def test_a_missing_terraform_is_named(dev: Callable[..., Dev]) -> None:
    """One sentence that says what to install, and nothing is left running."""
    refused = dev(environ={"PATH": "/nonexistent"})

    assert refused.end() == 2
    assert "terraform is not installed" in refused.printed


def test_a_wrong_plugin_folder_is_named(dev: Callable[..., Dev], tmp_path: Path) -> None:
    """TF_PLUGIN_DIR without the provider is a mistake, not a reason to go to the network."""
    refused = dev(environ={"TF_PLUGIN_DIR": str(tmp_path)})

    assert refused.end() == 2
    assert f"TF_PLUGIN_DIR={tmp_path} does not hold" in refused.printed
