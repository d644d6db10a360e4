"""The file that `terraform plan -out=saved` writes: a zip with the plan and the configuration that it was made of.

Terraform documents the file as its own. What is read here is as Terraform 1.11 writes it (internal/plans/planfile):
`tfconfig/modules.json` lists the modules by their path in the tree of calls, `core.roles`, without any index;
`tfconfig/m-core.roles/` holds such a module's `.tf` and `.tf.json` files, once for each call; `tfplan` is a protocol
buffer, of which field 21 is the time that the plan in JSON calls `timestamp`.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MANIFEST = "tfconfig/modules.json"
_FILES = 20_000
_FILE_BYTES = 2**20  # of one file of a configuration
_CONFIGURATION_BYTES = 2**25
_PLAN_BYTES = 2**28
_TIMESTAMP = re.compile(rb"\xaa\x01\x14(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_CONFIGURATION = re.compile(r"tfconfig/m-([^/]*)/([^/]+)")


class _Module(BaseModel):
    key: str = Field(alias="Key")


_MODULES = TypeAdapter(list[_Module])


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """What is taken from the file, as text."""

    #: Names and texts of the files of each module, by its path of calls; of the root module, ().
    files: Mapping[tuple[str, ...], Mapping[str, str]]
    timestamps: frozenset[str]


def read_saved_plan(path: Path) -> SavedPlan:
    """Read a saved plan.

    Raises:
        ProofError: it is not one, not of the form above, or too big.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive)
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        message = f"{path} is not a saved plan ({error}): write one with terraform plan -out={path.name}"
        raise ProofError(message) from error
    except ProofError as error:
        raise ProofError(f"{path}: {error}") from error


def _read(archive: zipfile.ZipFile) -> SavedPlan:
    entries = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}
    if len(entries) != len(archive.namelist()) or len(entries) > _FILES:
        raise ProofError("it has the same file twice, folders or too many files")
    if missing := {"tfplan", _MANIFEST} - entries.keys():
        raise ProofError(f"it has no {min(missing)}: write one with terraform plan -out")
    configuration = [name for name in entries if name.startswith("tfconfig/") and name != _MANIFEST]
    places = {name: _CONFIGURATION.fullmatch(name) for name in configuration}
    if sum(entries[name].file_size for name in places) > _CONFIGURATION_BYTES:
        raise ProofError(f"its configuration has more than {_CONFIGURATION_BYTES} bytes")
    files: dict[tuple[str, ...], dict[str, str]] = {
        key: {} for key in _modules(_content(archive, entries[_MANIFEST], _FILE_BYTES))
    }
    for name, place in places.items():
        module = tuple(filter(None, place[1].split("."))) if place else ()
        if place is None or module not in files:
            raise ProofError(f"its {name} belongs to no module of its {_MANIFEST}")
        files[module][place[2]] = _text(archive, entries[name])
    times = _TIMESTAMP.findall(_content(archive, entries["tfplan"], _PLAN_BYTES))
    return SavedPlan(files, frozenset(time.decode() for time in times))


def _modules(listed: bytes) -> list[tuple[str, ...]]:
    try:
        modules = [tuple(filter(None, each.key.split("."))) for each in _MODULES.validate_json(listed)]
    except ValidationError as error:
        raise ProofError(f"its {_MANIFEST} is not understood") from error
    if () not in modules or len(set(modules)) != len(modules):
        raise ProofError(f"its {_MANIFEST} has no root module, or one module twice")
    return modules


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    try:
        return _content(archive, entry, _FILE_BYTES).decode("utf-8-sig")  # Terraform leaves a byte order mark out
    except UnicodeDecodeError as error:
        raise ProofError(f"{entry.filename} is not UTF-8") from error


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    with archive.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ProofError(f"its {entry.filename} has more than {limit} bytes")
    return content
