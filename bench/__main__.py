"""What isolation costs, measured side by side: runs all benchmarks, or those that are named.

    python -m bench [NAME ...]

Prints a table. What needs an entity that the product does not have is left out, and said to be. A run of all writes
bench/results.json, and the table into docs/performance.md. A goal that is missed is shown and is no error: the machine
may be busy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from bench.harness import PROJECT, NothingToMeasureError
from bench.reporting import COLUMNS, row, with_table
from stage.errors import INTERRUPTED, CommandError
from stage.progress import Progress
from stage.shell import forget_aws_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.harness import Comparison

#: The modules of this package that have a `measure`.
BENCHMARKS = (
    "isolation_tax",
    "new_token",
    "token_check",
    "cold_start",
    "tenants",
    "memory",
    "evaluator",
    "gate",
    "row_level_security",
    "listing",
    "concurrency",
)
RESULTS = PROJECT / "bench" / "results.json"
DOCUMENT = PROJECT / "docs" / "performance.md"
_CPUINFO = Path("/proc/cpuinfo")
_WIDTH = 200  # columns, where the output is no terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 0 when all was measured, 2 when a benchmark cannot run, 130 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="What isolation costs, measured side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHMARKS)}; all by default")
    names = parser.parse_args(arguments).names or BENCHMARKS
    if unknown := ", ".join(name for name in names if name not in BENCHMARKS):
        parser.error(f"there is no {unknown}; there are {', '.join(BENCHMARKS)}")
    forget_aws_settings()
    machine, began = _machine(), time.monotonic()
    comparisons: list[dict[str, Any]] = []
    try:
        # What was measured before one fails stays in the list.
        comparisons.extend(comparison.as_json() for comparison in _measure(names))
    except KeyboardInterrupt:
        return INTERRUPTED
    except CommandError as error:
        Console(stderr=True).print(Text(str(error)), soft_wrap=True)
        return 2
    finally:
        _print(comparisons)
    if names == BENCHMARKS:
        results = {**machine, "seconds": round(time.monotonic() - began), "comparisons": comparisons}
        RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8"), comparisons), encoding="utf-8")
        print(f"written: {RESULTS.relative_to(PROJECT)}, and the table of {DOCUMENT.relative_to(PROJECT)}")
    return 0


def _measure(names: Sequence[str]) -> Iterator[Comparison]:
    """Yield what each benchmark measures as soon as it has, so that a later one that fails takes nothing away."""
    console = Console(highlight=False, stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("measuring", total=len(names))
        for name in names:
            bar.update(task, description=name)
            progress = Progress(console)
            try:
                yield from import_module(f"bench.{name}").measure(progress)
            except NothingToMeasureError as nothing:
                progress.skip(name.replace("_", " "), str(nothing))
            bar.advance(task)


def _print(comparisons: Sequence[dict[str, Any]]) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    table = Table(*COLUMNS)
    for comparison in comparisons:
        table.add_row(*map(Text, row(comparison)), style="red" if comparison["met"] is False else None)
    console.print(table)


def _machine() -> dict[str, Any]:
    """Return what it was measured on, and how busy it was before."""
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _cpu() -> str:
    """Return the processor's name where Linux tells it, as on x86; else its architecture."""
    lines = _CPUINFO.read_text(encoding="utf-8").splitlines() if _CPUINFO.exists() else []
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


if __name__ == "__main__":
    sys.exit(main())
