"""The runtime of the functions: one for everybody, whatever Python packages them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.lockfiles import SUPPORTED_PYTHONS
from stage.errors import CommandError

if TYPE_CHECKING:
    import argparse

#: The newest that version 5.100.0 of Terraform's AWS provider knows.
DEFAULT_RUNTIME = "python3.13"


def python_of(runtime: str) -> str:
    """Return the version of Python of a runtime: `3.13` of `python3.13`.

    Raises:
        CommandError: it is none that the locks are made for.
    """
    supported = [f"python{version}" for version in SUPPORTED_PYTHONS]
    if runtime not in supported:
        raise CommandError(
            f"{runtime} is no runtime that the locks are made for: RUNTIME is one of {', '.join(supported)}"
        )
    return runtime.removeprefix("python")


def add_runtime(parser: argparse.ArgumentParser) -> None:
    """Let a command take `--runtime`."""
    parser.add_argument("--runtime", default=DEFAULT_RUNTIME, metavar="NAME", help="of Lambda, %(default)s by default")
