"""Plain `chalice local`, which developers of Chalice apps expect, with the file that `make stack` writes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stage.http_api import Api
from stage.local.processes import free_port
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stage.local.stack import LocalStack


@pytest.fixture
def chalice_local(stack: LocalStack, tmp_path: Path) -> Iterator[Api]:
    """Return the API as `chalice local --stage local` serves it after sourcing the environment file."""
    port = free_port()
    chalice = Path(sys.executable).parent / "chalice"
    command = f'. "{stack.folder}/env" && exec "{chalice}" local --stage local --port {port} --no-autoreload'
    # Somebody else's key in the shell must not become the app's.
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "AKIA0", "AWS_PROFILE": "other"}
    with (tmp_path / "chalice.log").open("wb") as log:
        process = subprocess.Popen(["/bin/sh", "-c", command], cwd=stack.project, stdout=log, stderr=log, env=environ)
    api = Api(f"http://127.0.0.1:{port}")
    deadline = time.monotonic() + 30
    while True:
        try:
            api.call("GET", "/health")
            break
        except OSError:
            assert process.poll() is None, (tmp_path / "chalice.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield api
    api.close()
    process.terminate()
    process.wait(10)


def test_it_serves_the_same_app_with_the_lambda_roles_credentials(chalice_local: Api, acme: Person) -> None:
    """A written row is listed; the credentials come from the local AWS, not from the shell."""
    caller = Person(chalice_local, acme.id_token, acme.access_token)

    assert [caller.create()] == caller.anvils() == acme.anvils()


def test_a_refused_token_gets_403_and_no_dropped_connection(chalice_local: Api) -> None:
    """Chalice's own server cannot answer 401 to an authorizer that raises; a policy that allows nothing makes 403."""
    for _ in range(2):
        answer = chalice_local.call("GET", "/me", headers={"Authorization": "Bearer a.b.c"})
        assert answer.status == 403
