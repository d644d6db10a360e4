"""Applies a Terraform root and reads its outputs; the quirks of python-terraform stay in this file."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any

from python_terraform import IsFlagged, Terraform

from ops.errors import OpsError
from ops.provider_mirror import find_plugin_dir

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NO_PROVIDER = (
    "Terraform could not get the AWS provider: connect to the network once, or set TF_PLUGIN_DIR to a folder that "
    "holds registry.terraform.io/hashicorp/aws"
)
_INSTALL = "get 1.11 or later from developer.hashicorp.com/terraform/install"
_OLDEST = (1, 11)
_INTERRUPTED_SECONDS = 20
# What Terraform may know of the caller's shell: nothing that names credentials, endpoints, variables or a workspace.
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


def require_terraform() -> None:
    """Make sure that Terraform is there.

    Raises:
        OpsError: it is not installed, or too old.
    """
    path = shutil.which("terraform")
    if path is None:
        raise OpsError(f"terraform is not installed: {_INSTALL}")
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Terraform v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        raise OpsError(f"terraform is too old ({said.splitlines()[0] if said else 'of no version'}): {_INSTALL}")


class _InterruptibleTerraform(Terraform):  # type: ignore[misc] # python-terraform ships no types
    """Runs Terraform in a session of its own, with an environment of its own, and leaves none behind.

    The library's own `cmd` passes on this process's environment, and abandons Terraform and its provider when it is
    interrupted.
    """

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        super().__init__(working_dir=str(root))
        self._environment = dict(environment)

    def cmd(self, cmd: str, *args: str, **kwargs: Any) -> tuple[int, str, str]:
        """Run a command and return its exit code, output and errors."""
        try:
            process = subprocess.Popen(
                self.generate_cmd_string(cmd, *args, **kwargs),
                cwd=self.working_dir,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            try:
                output, errors = process.communicate()
            except BaseException:
                _stop(process)
                raise
            return process.returncode, output, errors
        finally:
            self.temp_var_files.clean_up()


def _stop(process: subprocess.Popen[str]) -> None:
    """Ask Terraform to stop, which ends its provider too; by force when it does not."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=_INTERRUPTED_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


class TerraformRoot:
    """One root with its state and working data in a folder of the caller's, so that several can run side by side.

    Args:
        root: the folder with the root's configuration.
        data_dir: where the state and Terraform's own files go.
        environment: the provider's credentials and endpoint, and TF_VAR_* of values that must not touch the disk.
    """

    def __init__(self, root: Path, data_dir: Path, environment: Mapping[str, str]) -> None:
        require_terraform()
        data_dir.mkdir(parents=True, exist_ok=True)
        self._state = data_dir / "terraform.tfstate"
        shell = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        own = {"TF_DATA_DIR": str(data_dir / "data"), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self._terraform = _InterruptibleTerraform(root, {**shell, **own, **environment})

    def init(self) -> None:
        """Install the provider, from a mirror on this machine when there is one.

        Raises:
            OpsError: there is neither a mirror nor a network.
        """
        options: dict[str, Any] = {"backend_config": {"path": str(self._state)}, "lockfile": "readonly"}
        plugin_dir = find_plugin_dir(os.environ)
        if plugin_dir:
            options["plugin_dir"] = str(plugin_dir)
        code, _, errors = self._terraform.init(**options)
        if code != 0:
            raise OpsError(errors if plugin_dir else f"{_NO_PROVIDER}\n{errors}")

    def apply(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Apply without asking and return the outputs.

        Raises:
            OpsError: Terraform failed; the message is its own.
        """
        code, _, errors = self._terraform.apply(skip_plan=True, var=dict(variables))  # plain apply() waits at a prompt
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
        code, _, errors = self._terraform.plan(var=dict(variables), compact_warnings=IsFlagged)
        if code not in {0, 2}:
            raise OpsError(f"terraform plan failed:\n{errors}")
        return bool(code == 2)  # noqa: PLR2004 -- detailed exit code: 2 means changes
