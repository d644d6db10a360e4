"""The user that PostgreSQL runs as: neither `initdb` nor `postgres` runs as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_localaws.postgres.errors import PostgresError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Nothing of the caller's shell reaches the server: PGDATA, PGPORT and the like would change what it does.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group for child processes; without any they run as this process does."""

    user: int | None = None
    group: int | None = None

    @classmethod
    def unprivileged(cls, effective_user: int) -> Account:
        """Return this process's own user, or `nobody` when it is root (`initdb` looks its user up by name).

        Raises:
            PostgresError: it is root and the machine has no `nobody`.
        """
        if effective_user != 0:
            return cls()
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise PostgresError(
                "PostgreSQL does not run as root and there is no user `nobody` to run it: start this as another user"
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def is_another(self) -> bool:
        """Whether children run as somebody else than this process."""
        return self.user is not None

    def own(self, path: Path) -> None:
        """Give a file or folder of this process to the user; a symbolic link itself, not what it leads to."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group, follow_symlinks=False)

    def run(self, command: Sequence[str], *, seconds: float) -> subprocess.CompletedProcess[str]:
        """Run a command as the user; standard output holds its errors too.

        It runs in `/`, since the user may not be allowed into this process's folder.

        Raises:
            OSError: it cannot be run, or not as the user.
            subprocess.TimeoutExpired: it took longer, and was ended.
        """
        return subprocess.run(
            command,
            user=self.user,
            group=self.group,
            extra_groups=[] if self.is_another else None,
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
