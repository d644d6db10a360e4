"""`make entity`: writes an entity into the project, or takes one out.

It refuses when files are changed and not committed, so that `git diff` shows what it did, and git takes it back.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ops.entity import Specification, add_entity, remove_entity
from ops.entity.advice import after_adding, after_removing
from ops.entity.project import Project, places_of
from stage.errors import INTERRUPTED, CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_NAMED = 3  # of many changed files


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or remove: 0 when it is done, 2 when something is in the way, which leaves all as it was, 130 by Ctrl-C."""
    options = _parser().parse_args(arguments)
    project = Path.cwd()
    try:
        with _alone(project):
            if options.remove:
                _remove(project, options)
            else:
                _add(project, options)
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    except (SyntaxError, json.JSONDecodeError) as error:
        print(f"nothing was changed: a file of the project cannot be read: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupted:
        print(f"interrupted: {interrupted}" if interrupted.args else "interrupted: see git status", file=sys.stderr)
        return INTERRUPTED
    return 0


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Run the block while no other command of this kind does: both would write the same lines and revisions.

    Raises:
        CommandError: another one runs.
    """
    folder = os.open(project, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CommandError("another make entity runs in this project: wait until it has ended") from None
    finally:
        os.close(folder)


def _add(project: Path, options: argparse.Namespace) -> None:
    wanted = Specification.parse(options.name, options.store, options.fields, options.singular)
    _require_clean(project)
    files = add_entity(project, wanted)
    print(after_adding(wanted, files))


def _remove(project: Path, options: argparse.Namespace) -> None:
    if options.store or options.fields or options.singular:
        raise CommandError("REMOVE=1 takes NAME= alone")
    _require_clean(project, *places_of(options.name))
    before = Project(project)
    table = before.table_of(options.name) if options.name in before.entities() else None
    files = remove_entity(project, options.name)
    print(after_removing(options.name, files, table))


def _require_clean(project: Path, *removed: Path) -> None:
    """Require that no file that git knows is changed, and that it knows all in what is removed.

    Where git knows none, nothing is asked.

    Raises:
        CommandError: some are changed, or unknown.
    """
    _require_no(project, "--untracked-files=no", "--", ".")
    if removed:
        _require_no(project, "--untracked-files=all", "--", *map(str, removed))


def _require_no(project: Path, *options: str) -> None:
    command = ["git", "status", "--porcelain", *options]
    try:
        finished = subprocess.run(
            command, cwd=project, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # no git, no checkout
        return
    if finished.returncode and "not a git repository" in finished.stderr:
        return
    if finished.returncode:
        raise CommandError(f"git cannot tell whether files are changed: {finished.stderr.strip()}")
    changed = [line[3:] for line in finished.stdout.splitlines()]
    if changed:
        some = ", ".join(changed[:_NAMED]) + (", …" if len(changed) > _NAMED else "")
        are, them = ("files are", "them") if len(changed) > 1 else ("file is", "it")
        raise CommandError(
            f"{len(changed)} {are} changed or new ({some}): commit or stash {them} first, so that git can undo this"
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.entity", description=__doc__)
    parser.add_argument("name", metavar="NAME", help="the plural of what it holds, such as invoices")
    parser.add_argument("--store", default="", help="where its rows lie: dynamodb or postgres")
    parser.add_argument("--fields", default="", help='names and types, such as "number:text,total:price,due:date"')
    parser.add_argument("--singular", default="", help="of NAME, where it cannot be told")
    parser.add_argument("--remove", action="store_true", help="take the entity out")
    return parser


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell's background job begins without the first
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
