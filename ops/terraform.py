"""Applies a Terraform root and reads its outputs; the quirks of python-terraform stay in this file."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from python_terraform import IsFlagged, Terraform

from ops.errors import OpsError
from ops.provider_mirror import find_plugin_dir

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_NO_PROVIDER = (
    "Terraform could not get the AWS provider: connect to the network once, or set TF_PLUGIN_DIR to a folder that "
    "holds registry.terraform.io/hashicorp/aws"
)


class TerraformRoot:
    """One root with its state and working data in a folder of the caller's, so that several can run side by side.

    Args:
        root: the folder with the root's configuration.
        data_dir: where the state and Terraform's own files go.
        environment: the provider's credentials and endpoint, as environment variables.
    """

    def __init__(self, root: Path, data_dir: Path, environment: Mapping[str, str]) -> None:
        if not shutil.which("terraform"):
            raise OpsError(
                "terraform is not installed: get 1.11 or later from developer.hashicorp.com/terraform/install"
            )
        data_dir.mkdir(parents=True, exist_ok=True)
        self._state = data_dir / "terraform.tfstate"
        self._environment = {**environment, "TF_DATA_DIR": str(data_dir / "data"), "TF_IN_AUTOMATION": "1"}
        self._terraform = Terraform(working_dir=str(root))

    def init(self) -> None:
        """Install the provider, from a mirror on this machine when there is one.

        Raises:
            OpsError: there is neither a mirror nor a network.
        """
        options: dict[str, Any] = {"backend_config": {"path": str(self._state)}, "lockfile": "readonly"}
        plugin_dir = find_plugin_dir(os.environ)
        if plugin_dir:
            options["plugin_dir"] = str(plugin_dir)
        with self._in_environment():
            code, _, errors = self._terraform.init(**options)
        if code != 0:
            raise OpsError(errors if plugin_dir else f"{_NO_PROVIDER}\n{errors}")

    def apply(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Apply without asking and return the outputs.

        Raises:
            OpsError: Terraform failed; the message is its own.
        """
        with self._in_environment():
            code, _, errors = self._terraform.apply(
                skip_plan=True, var=dict(variables)
            )  # plain apply() waits at a prompt
            if code != 0:
                raise OpsError(f"terraform apply failed:\n{errors}")
            outputs = self._terraform.output()  # output("name") raises TypeError
        if outputs is None:
            raise OpsError("terraform output failed after a successful apply")
        return {name: output["value"] for name, output in outputs.items()}

    def has_changes(self, variables: Mapping[str, Any]) -> bool:
        """Return whether a plan against what is applied would change anything.

        Raises:
            OpsError: Terraform failed; the message is its own.
        """
        with self._in_environment():
            code, _, errors = self._terraform.plan(
                var=dict(variables), lock=False, refresh=True, compact_warnings=IsFlagged
            )
        if code not in {0, 2}:
            raise OpsError(f"terraform plan failed:\n{errors}")
        return bool(code == 2)  # noqa: PLR2004 -- detailed exit code: 2 means changes

    @contextmanager
    def _in_environment(self) -> Iterator[None]:
        """python-terraform passes on this process's environment and takes no other."""
        before = dict(os.environ)
        os.environ.update(self._environment)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)
