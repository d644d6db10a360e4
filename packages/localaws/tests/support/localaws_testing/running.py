"""A local AWS that runs, in a process or in a thread, and boto3 clients of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.core.base_backend import BackendDict

from bulkhead_localaws.server import create_server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path


_COMMAND = (sys.executable, "-m", "bulkhead_localaws")
_READY_SECONDS = 60


@contextmanager
def started(
    folder: Path, *arguments: str, command: Sequence[str] = _COMMAND, **more: Any
) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any]]]:
    """Yield the process of `localaws`, whose output goes to the folder's `log`, and what it says when it is ready."""
    ready = folder / "ready.json"
    line = [*command, "--port", "0", "--ready-file", str(ready), *arguments]
    with (folder / "log").open("wb") as log, subprocess.Popen(line, stdout=log, stderr=log, **more) as process:
        try:
            deadline = time.monotonic() + _READY_SECONDS
            while not ready.exists():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            yield process, json.loads(ready.read_text())
        finally:
            process.terminate()
            try:
                process.wait(_READY_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


class Served:
    """An emptied account that is served on a free port by a thread."""

    def __init__(self, **options: Any) -> None:
        BackendDict.reset()
        self.server, self.ready = create_server("127.0.0.1", 0, **options)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        """Stop it."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def operator(self, service: str, **config: Any) -> Any:
        """Return a client of the administrator."""
        operator = self.ready.operator
        return self.client(service, operator.access_key_id, operator.secret_access_key, **config)

    def session(self, service: str, key: Mapping[str, Any], **config: Any) -> Any:
        """Return a client of a session that STS vended."""
        return self.client(service, key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], **config)

    def client(self, service: str, key_id: str, secret: str, token: str | None = None, **config: Any) -> Any:
        """Return a client with a key."""
        return client_at(self.ready.endpoint_url, service, key_id, secret, token, region="eu-west-1", **config)


def client_at(
    url: str, service: str, key_id: str, secret: str, token: str | None = None, *, region: str, **config: Any
) -> Any:
    """Return a boto3 client of a local AWS."""
    return boto3.client(
        service,
        config=Config(**config),
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key_id,
        aws_secret_access_key=secret,
        aws_session_token=token,
    )
