"""Changes of files: all of them, or none."""

from __future__ import annotations

import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The new text of each file by its path in the project; None for a file that goes.
Changes: TypeAlias = Mapping[Path, str | None]


@dataclass(frozen=True, slots=True)
class Derive:
    """What makes some files of the project of others.

    Args:
        files: those that it may write.
        run: does so in the project's folder; raises CommandError when it cannot.
    """

    files: tuple[Path, ...]
    run: Callable[[Path], None]


def apply(project: Path, changes: Changes, derive: Derive) -> list[Path]:
    """Make the changes, derive what is made of them, and return the files concerned.

    New texts are written beside the project's files first, and then moved. Whatever ends that half-way, Ctrl-C too,
    leaves the files as they were.

    Raises:
        CommandError: a file cannot be written, or nothing can be derived.
    """
    before: dict[Path, bytes | None] = {project / path: _content(project / path) for path in derive.files}
    made: list[Path] = []
    try:
        with tempfile.TemporaryDirectory(prefix=".entity-", dir=project) as folder:
            staged = _staged(Path(folder), changes)
            for path, new in staged.items():
                target = project / path
                before[target] = _content(target)
                made += _make_folder(target.parent)
                if new is None:
                    target.unlink()
                else:
                    new.replace(target)
        derive.run(project)
    except BaseException as error:
        with _undisturbed():
            _restore(before, made)
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt("nothing was changed") from error
        if isinstance(error, OSError):
            raise CommandError(f"nothing was changed: {error.filename}: {error.strerror}") from error
        raise
    for emptied in {(project / path).parent for path, text in changes.items() if text is None}:
        _remove_if_empty(emptied)
    derived = {path for path in derive.files if _content(project / path) != before[project / path]}
    return sorted({*changes, *derived})


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _staged(folder: Path, changes: Changes) -> dict[Path, Path | None]:
    """Write the new texts, each under its number, and return where they are."""
    staged: dict[Path, Path | None] = {}
    for number, (path, text) in enumerate(changes.items()):
        staged[path] = None
        if text is not None:
            staged[path] = folder / str(number)
            (folder / str(number)).write_text(text, encoding="utf-8")
    return staged


def _make_folder(folder: Path) -> list[Path]:
    """Make a folder and those around it that are missing, and return them, the outermost first."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _restore(before: Mapping[Path, bytes | None], made: list[Path]) -> None:
    for path, content in before.items():
        if content is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(content)
    for folder in reversed(made):
        with suppress(OSError):
            folder.rmdir()


def _remove_if_empty(folder: Path) -> None:
    """Remove a folder in which nothing is left but what Python has compiled."""
    if folder.is_dir() and all(each.name == "__pycache__" for each in folder.iterdir()):
        shutil.rmtree(folder)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let another Ctrl-C, or whatever else ends a command, wait until the block has ended."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
