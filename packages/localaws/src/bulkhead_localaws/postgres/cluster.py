"""The files of one server: a private temporary folder, and in it the data folder that `initdb` fills."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_localaws.postgres.errors import PostgresError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_localaws.postgres.account import Account
    from bulkhead_localaws.postgres.binaries import Binaries

_INITDB_SECONDS = 60.0
_TAIL_LINES = 10
#: Both sort by code point. The first also knows the letters outside ASCII, but not every system has it.
_LOCALES = ("C.UTF-8", "C")


def create_folder(account: Account) -> Path:
    """Make a folder that no other user can list and that the account can pass through.

    It stays this process's own: what lies directly in it the account cannot replace.

    Raises:
        PostgresError: the account can enter none of the system's temporary folders.
    """
    bases = [tempfile.gettempdir()]
    if account.is_another:
        bases += ["/tmp", "/var/tmp"]  # noqa: S108 -- mkdtemp makes a folder of its own in them
    for base in bases:
        folder = Path(tempfile.mkdtemp(prefix="localaws-postgres-", dir=base)).resolve()
        if not account.is_another or _opens(folder, account):
            return folder
        folder.rmdir()
    raise PostgresError(
        "PostgreSQL does not run as root, and the user `nobody` can enter none of"
        f" {', '.join(bases)}: set TMPDIR to a folder that all users may enter"
    )


def _opens(folder: Path, account: Account) -> bool:
    folder.chmod(0o711)
    try:
        return account.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], seconds=_INITDB_SECONDS).returncode == 0
    except OSError:
        return False  # this root cannot become another user at all


def create_cluster(binaries: Binaries, account: Account, folder: Path, *, user: str, password: str) -> Path:
    """Return a new data folder whose superuser has the password; every connection must state it (SCRAM).

    The password is on disk, readable by the account only, while `initdb` runs.

    Raises:
        PostgresError: initdb failed; the message ends with its last lines.
    """
    data = folder / "data"
    data.mkdir(mode=0o700)
    account.own(data)
    password_file = folder / "password"
    try:
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        account.own(password_file)
        for locale in _LOCALES:
            finished = _initdb(binaries, account, data, "-U", user, "--pwfile", str(password_file), "--locale", locale)
            if finished.returncode == 0:
                return data
            if "invalid locale" not in finished.stdout:
                break
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PostgresError(f"initdb of {binaries.folder} cannot be run: {error}") from None
    finally:
        password_file.unlink(missing_ok=True)
    raise PostgresError(
        f"initdb of {binaries.folder} failed; free disk space and shared memory are what it needs most."
        f" Its last words: {last_lines(finished.stdout)}"
    )


def _initdb(binaries: Binaries, account: Account, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return account.run(
        [
            str(binaries.folder / "initdb"),
            "-D",
            str(data),
            "--auth=scram-sha-256",  # for every line of pg_hba.conf, local ones and replication too
            "--encoding=UTF8",
            "--lc-messages=C",
            "--no-sync",
            "--no-instructions",
            *arguments,
        ],
        seconds=_INITDB_SECONDS,
    )


def last_lines(log: str) -> str:
    """Return the end of a log on one line, for a message."""
    lines: Iterable[str] = (line.strip() for line in log.splitlines())
    return " / ".join([line for line in lines if line][-_TAIL_LINES:]) or "(nothing)"
