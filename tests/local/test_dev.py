"""`make dev` from outside: it starts, describes itself, and leaves nothing behind."""

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

from ops.processes import free_port
from ops.sign_in import sign_in
from ops.stage import Stage
from tests.support.http_api import Api, Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[2]


class Dev:
    """A run of ops.dev with a stage of its own."""

    def __init__(self, folder: Path, *, aws_port: int = 0, environ: dict[str, str] | None = None) -> None:
        ports = ["--aws-port", str(aws_port or free_port()), "--api-port", str(free_port())]
        self._log = folder / f"dev-{len(list(folder.glob('dev-*')))}.log"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops.dev", *ports, "--stage-file", str(folder / "stage.json")],
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


def _wait_for_stage(path: Path, dev: Dev, *, not_of: int = 0) -> Stage:
    deadline = time.monotonic() + 60
    while not path.exists() or Stage.load(path).pid == not_of:
        assert dev.process.poll() is None, dev.printed
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return Stage.load(path)


def _listens(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_ready_stage_serves_and_a_signal_stops_all_of_it(
    dev: Callable[..., Dev], tmp_path: Path, number: signal.Signals
) -> None:
    """Ready means that a demo user can sign in and call; afterwards neither a process nor the document is left."""
    running = dev()
    stage = _wait_for_stage(tmp_path / "stage.json", running)
    tokens = sign_in(stage, stage.user("globex", "member"))
    person = Person(Api(stage.api_url), tokens["IdToken"], tokens["AccessToken"])
    answer = person.call("GET", "/me")
    person.api.close()

    code = running.end(number)

    assert answer.body["tenant"] == "globex"
    assert code == 0
    assert "ready" in running.printed
    assert not (tmp_path / "stage.json").exists()
    assert not (tmp_path / "env").exists()
    assert not _listens(stage.api_url)
    assert not _listens(stage.aws_endpoint_url)


def test_children_end_when_their_parent_is_killed_and_the_next_run_goes_on(
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

    again = _wait_for_stage(tmp_path / "stage.json", dev(), not_of=stage.pid)
    assert _listens(again.api_url)


def test_a_second_stage_is_refused_while_one_runs(dev: Callable[..., Dev], tmp_path: Path) -> None:
    """The message names the document of the one that runs, which stays."""
    empty = {"users": [], "operator": {"access_key_id": "", "secret_access_key": ""}, "pid": os.getpid()}
    (tmp_path / "stage.json").write_text(json.dumps(dict.fromkeys(Stage.model_fields, "") | empty))
    refused = dev()

    assert refused.end() == 2
    assert "a stage is running already" in refused.printed
    assert (tmp_path / "stage.json").exists()


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
