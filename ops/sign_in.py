"""Prints a demo user's id token: `python -m ops.sign_in acme member`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stage.document import DEFAULT_PATH, LocalStage
from stage.errors import CommandError
from stage.shell import forget_aws_settings
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the id token, and nothing else, on standard output."""
    parser = argparse.ArgumentParser(prog="python -m ops.sign_in", description=__doc__)
    parser.add_argument("tenant")
    parser.add_argument("role", choices=["viewer", "member", "admin"])
    parser.add_argument("--stage-file", type=Path, default=DEFAULT_PATH, help="default: %(default)s")
    options = parser.parse_args(arguments)
    forget_aws_settings()
    try:
        stage = LocalStage.load(options.stage_file)
        print(sign_in(stage, stage.user(options.tenant, options.role))["IdToken"])
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
