"""`planproof`, or `python -m bulkhead_planproof`: prove that a plan of Terraform keeps tenants apart."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; exit code 2 and a sentence when a distribution that it needs is not installed."""
    try:
        from bulkhead_planproof.command import run  # noqa: PLC0415 -- what is missing is told below
    except ModuleNotFoundError as missing:
        print(
            f"planproof needs {missing.name}, which is not installed: pip install bulkhead-planproof", file=sys.stderr
        )
        return 2
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
