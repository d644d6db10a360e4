"""Finds a folder that already holds the Terraform AWS provider, so that `terraform init` needs no network."""

from __future__ import annotations

import platform
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: The version that every module requires and the lock files hold.
AWS_PROVIDER_VERSION = "5.100.0"
_PROVIDER = Path("registry.terraform.io/hashicorp/aws")
_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "arm64": "arm64", "aarch64": "arm64"}
# Source: HashiCorp, "Implied Local Mirrors" (https://developer.hashicorp.com/terraform/cli/config/config-file).
_IMPLIED = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "~/Library/Application Support/io.terraform/plugins",
    "/Library/Application Support/io.terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
_SYSTEM_FOLDERS = ("/usr/local/share", "/usr/share", "/opt")


def find_plugin_dir(environ: Mapping[str, str]) -> Path | None:
    """Return the folder for `terraform init -plugin-dir`, or None when only the network is left.

    `TF_PLUGIN_DIR` names one; else it is looked for where people keep filesystem mirrors.

    Raises:
        CommandError: TF_PLUGIN_DIR names a folder without the provider.
    """
    named = environ.get("TF_PLUGIN_DIR")
    if named:
        if not _holds_provider(Path(named)):
            raise CommandError(
                f"TF_PLUGIN_DIR={named} does not hold {_PROVIDER} {AWS_PROVIDER_VERSION} for this machine: "
                "correct it, or unset it"
            )
        return Path(named).resolve()
    return next(filter(_holds_provider, _candidates()), None)


def _candidates() -> Iterable[Path]:
    implied = (Path(folder).expanduser() for folder in _IMPLIED)
    one_level_under = (child for folder in _SYSTEM_FOLDERS for child in sorted(Path(folder).glob("*/")))
    return chain(implied, one_level_under)


def _holds_provider(folder: Path) -> bool:
    system = f"{platform.system().lower()}_{_ARCHITECTURES.get(platform.machine().lower(), platform.machine())}"
    packed = f"terraform-provider-aws_{AWS_PROVIDER_VERSION}_{system}.zip"
    provider = folder / _PROVIDER
    return (provider / AWS_PROVIDER_VERSION / system).is_dir() or (provider / packed).is_file()
