"""`python -m bulkhead_iam evaluate FILE.jsonl`: evaluate cases, one JSON object a line (see `cases`)."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bulkhead_iam.cases import verdict


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON line for each case of the file; return the exit status, 0 unless it cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m bulkhead_iam", description="Evaluate IAM policies.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("evaluate", help="evaluate cases: one JSON object a line")
    command.add_argument("file", type=Path, metavar="FILE.jsonl")
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{parser.prog}: {options.file}: {error}", file=sys.stderr)
        return 1
    for line in text.split("\n"):
        if line.strip():
            print(json.dumps(verdict(line)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
