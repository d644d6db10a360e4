"""`localaws`, or `python -m bulkhead_localaws`: run a local AWS until it is told to stop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit code 2 and a sentence when a distribution that it needs is not installed."""
    try:
        from bulkhead_localaws.command import run  # noqa: PLC0415 -- what is missing is told below
    except ModuleNotFoundError as missing:
        print(f"localaws needs {missing.name}, which is not installed: pip install bulkhead-localaws", file=sys.stderr)
        return 2
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
