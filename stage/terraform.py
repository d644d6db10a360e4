"""Applies a Terraform root and reads its outputs; the quirks of python-terraform stay in this file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from python_terraform import IsFlagged, IsNotFlagged, Terraform

from stage.errors import CommandError
from stage.provider_mirror import find_plugin_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_NO_PROVIDER = (
    "Terraform could not get the AWS provider: connect to the network once, or set TF_PLUGIN_DIR to a folder that "
    "holds registry.terraform.io/hashicorp/aws"
)
_PROVIDER_FAILED = "Failed to query available provider packages"
_INSTALL = "get 1.11 or later from developer.hashicorp.com/terraform/install"
_OLDEST = (1, 11)
_INTERRUPTED_SECONDS = 20
# What Terraform may know of the caller's shell: nothing that names credentials, endpoints, variables or a workspace.
_PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip

# A third of Terraform's time on one machine is spent on collecting garbage, all of it the provider's schema.
# Source: https://go.dev/doc/gc-guide, "Memory limit".
LITTLE_GARBAGE_COLLECTION = {"GOGC": "off", "GOMEMLIMIT": "768MiB"}


def require_terraform() -> None:
    """Make sure that Terraform is there.

    Raises:
        CommandError: it is not installed, or too old.
    """
    path = shutil.which("terraform")
    if path is None:
        raise CommandError(f"terraform is not installed: {_INSTALL}")
    said = subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Terraform v(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST:
        raise CommandError(f"terraform is too old ({said.splitlines()[0] if said else 'of no version'}): {_INSTALL}")


class _InterruptibleTerraform(Terraform):  # type: ignore[misc] # python-terraform ships no types
    """Runs Terraform in a session of its own, with an environment of its own, and leaves none behind.

    The library's own `cmd` passes on this process's environment, and abandons Terraform and its provider when it is
    interrupted.
    """

    def __init__(self, root: Path, environment: Mapping[str, str], *, patient: bool, log: Path | None) -> None:
        super().__init__(working_dir=str(root))
        self._log = log
        self._environment = dict(environment)
        self._stop_seconds = None if patient else _INTERRUPTED_SECONDS

    def cmd(self, cmd: str, *args: str, shown: bool = False, **kwargs: Any) -> tuple[int, str, str]:
        """Run a command and return its exit code, output and errors.

        When it is shown, the output goes to standard error instead, or to the log where there is one.
        """
        with ExitStack() as closing:
            closing.callback(self.temp_var_files.clean_up)
            output: Any = subprocess.PIPE
            if shown:
                output = sys.stderr if self._log is None else closing.enter_context(self._log.open("a"))
            process = subprocess.Popen(
                self.generate_cmd_string(cmd, *args, **kwargs),
                cwd=self.working_dir,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            try:
                said, errors = process.communicate()
            except BaseException:
                _stop(process, self._stop_seconds)
                raise
            return process.returncode, said or "", errors


def _stop(process: subprocess.Popen[str], seconds: float | None) -> None:
    """Ask Terraform to stop, which ends its provider too; by force when it does not within so many seconds, if any."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


class TerraformRoot:
    """One root with its state and working data in a folder of the caller's, so that several can run side by side.

    Args:
        root: the folder with the root's configuration.
        data_dir: where the state and Terraform's own files go.
        environment: the provider's credentials and endpoint, and TF_VAR_* of values that must not touch the disk.
        backend: where the state is, in the words of the root's backend; a file in `data_dir` when it is not given.
            When it is, what is there is worth more than time: Terraform is never ended by force.
        log: where plans, and how far an apply is, are shown; standard error when it is not given.
    """

    def __init__(
        self,
        root: Path,
        data_dir: Path,
        environment: Mapping[str, str],
        backend: Mapping[str, Any] | None = None,
        log: Path | None = None,
    ) -> None:
        require_terraform()
        data_dir.mkdir(parents=True, exist_ok=True)
        self._backend = dict(backend) if backend is not None else {"path": str(data_dir / "terraform.tfstate")}
        shell = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        garbage = LITTLE_GARBAGE_COLLECTION if backend is None else {}
        own = {"TF_DATA_DIR": str(data_dir / "data"), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self._terraform = _InterruptibleTerraform(
            root, {**shell, **own, **garbage, **environment}, patient=backend is not None, log=log
        )

    def init(self) -> None:
        """Install the provider, from a mirror on this machine when there is one.

        Raises:
            CommandError: there is neither a mirror nor a network, or the state cannot be reached.
        """
        options: dict[str, Any] = {"backend_config": self._backend, "lockfile": "readonly"}
        plugin_dir = find_plugin_dir(os.environ)
        if plugin_dir:
            options["plugin_dir"] = str(plugin_dir)
        code, _, errors = self._terraform.init(**options)
        if code != 0:
            raise CommandError(f"{_NO_PROVIDER}\n{errors}" if _PROVIDER_FAILED in errors and not plugin_dir else errors)

    def apply(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Apply without asking and return the outputs.

        Raises:
            CommandError: Terraform failed; the message is its own.
        """
        code, _, errors = self._terraform.apply(skip_plan=True, var=dict(variables))  # plain apply() waits at a prompt
        if code != 0:
            raise CommandError(f"terraform apply failed:\n{errors}")
        return self.outputs()

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of what is applied; empty when nothing is.

        Raises:
            CommandError: the state cannot be read.
        """
        outputs = self._terraform.output()  # output("name") raises TypeError
        if outputs is None:
            raise CommandError("terraform output failed")
        return {name: output["value"] for name, output in outputs.items()}

    def addresses(self) -> list[str]:
        """Return what is in the state, by address; empty when nothing was ever applied, or all is destroyed.

        Raises:
            CommandError: the state cannot be read.
        """
        code, output, errors = self._terraform.cmd("state list")
        if code != 0 and "No state file was found" not in errors:
            raise CommandError(f"terraform state list failed:\n{errors}")
        return output.split()

    def plan(self, var_file: Path, saved: Path, *, replace: str | None = None, target: Sequence[str] = ()) -> bool:
        """Save a plan, show it, and return whether it changes anything.

        Args:
            var_file: the variables.
            saved: where the plan goes.
            replace: what is made anew in any case.
            target: what alone is planned, with what it needs; everything when none is named.

        Raises:
            CommandError: Terraform failed; the message is its own.
        """
        code, _, errors = self._terraform.plan(
            var_file=str(var_file), out=str(saved), replace=replace, target=list(target), shown=True
        )
        if code not in {0, 2}:
            raise CommandError(f"terraform plan failed:\n{errors}")
        return bool(code == 2)  # noqa: PLR2004 -- detailed exit code: 2 means changes

    def planned(self, saved: Path) -> dict[str, Any]:
        """Return a saved plan as Terraform writes it in JSON.

        Raises:
            CommandError: it cannot be read.
        """
        code, output, errors = self._terraform.cmd("show", "-json", str(saved))
        if code != 0:
            raise CommandError(f"terraform show failed:\n{errors}")
        document: dict[str, Any] = json.loads(output)
        return document

    def apply_plan(self, saved: Path) -> None:
        """Apply a saved plan, and show how far it is.

        Raises:
            CommandError: Terraform failed; the message is its own.
        """
        # A saved plan has its variables, and Terraform refuses any others: even the library's empty file of them.
        code, _, errors = self._terraform.apply(str(saved), skip_plan=True, var=None, shown=True)
        if code != 0:
            raise CommandError(f"terraform apply failed:\n{errors}")

    def destroy(self, var_file: Path) -> None:
        """Destroy everything that is in the state, without asking.

        Raises:
            CommandError: Terraform failed; the message is its own.
        """
        code, _, errors = self._terraform.destroy(
            force=IsNotFlagged, auto_approve=IsFlagged, var_file=str(var_file), shown=True
        )
        if code != 0:
            raise CommandError(f"terraform destroy failed:\n{errors}")

    def has_changes(self, variables: Mapping[str, Any]) -> bool:
        """Return whether a plan against what is applied would change anything.

        Raises:
            CommandError: Terraform failed; the message is its own.
        """
        code, _, errors = self._terraform.plan(var=dict(variables), compact_warnings=IsFlagged)
        if code not in {0, 2}:
            raise CommandError(f"terraform plan failed:\n{errors}")
        return bool(code == 2)  # noqa: PLR2004 -- detailed exit code: 2 means changes
