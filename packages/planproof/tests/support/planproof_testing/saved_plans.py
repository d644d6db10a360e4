"""Saved plans of Terraform for tests: the sources in them."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TIME = "2026-11-30T16:25:45Z"


def written(folder: Path, files: Mapping[str, str | bytes], modules: tuple[str, ...] = ("",)) -> Path:
    """Write a saved plan with the entries of Terraform 1.11.4: `files` by module and name, "core.roles/a.tf"."""
    path = folder / "saved"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", b"\x1a\x03arn\xaa\x01\x14" + TIME.encode() + b"\xc8\x01\x01")
        archive.writestr("tfstate", "{}")
        for name, text in files.items():
            archive.writestr(f"tfconfig/m-{name}", text)
        listed = [{"Key": key, "Source": "./x", "Dir": "x"} if key else {"Key": "", "Dir": "."} for key in modules]
        archive.writestr("tfconfig/modules.json", json.dumps(listed))
        archive.writestr(".terraform.lock.hcl", "")
    return path
