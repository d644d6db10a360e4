"""Starts the local AWS, with its PostgreSQL, as a process of its own and knows how to reach it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from stage.document import Operator
from stage.local.processes import Child, process_basics

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import Self

#: The one endpoint of the VPC that a local stage plays: calls that come in by its port carry this id.
VPC_ENDPOINT_ID = "vpce-0123456789abcdef0"
_READY_SECONDS = 30.0


class LocalAws:
    """A running local AWS; a context manager that stops it."""

    def __init__(
        self, folder: Path, *, port: int, functions: Mapping[str, str], settings: Mapping[str, str], project: Path
    ) -> None:
        """Start it: `functions` are those that it runs, name → module:callable of the project, with these settings."""
        ready_file = folder / "localaws.json"
        ready_file.unlink(missing_ok=True)
        self._child = Child(
            "bulkhead_localaws",
            [
                *("--port", str(port)),
                *("--listener", f"0={VPC_ENDPOINT_ID}"),
                *(part for name, called in functions.items() for part in ("--function", f"{name}={called}")),
                *("--ready-file", str(ready_file)),
                "--postgres",
            ],
            environment={**process_basics(os.environ), **settings},
            log=folder / "localaws.log",
            folder=project,
        )
        try:
            self._child.wait_until(ready_file.exists, seconds=_READY_SECONDS)
        except BaseException:
            self._child.stop()
            raise
        ready: dict[str, Any] = json.loads(ready_file.read_text())
        ready_file.unlink()  # it holds keys, which the stage document hands on
        self.endpoint_url: str = ready["endpoint_url"]
        self.vpc_endpoint_url: str = ready["listeners"][VPC_ENDPOINT_ID]
        self.account_id: str = ready["account_id"]
        self.operator = Operator(**ready["operator"])
        self.execution_secret: str = ready["execution_secret"]
        self.postgres: dict[str, Any] = ready["postgres"]

    def operator_environment(self, region: str) -> dict[str, str]:
        """Return the environment in which Terraform and boto3 act as the account's administrator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.operator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.operator.secret_access_key,
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "",
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_REGION": region,
        }

    @property
    def running(self) -> bool:
        """Whether the process is still there."""
        return self._child.running

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.stop()
