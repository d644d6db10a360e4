"""`make evidence`: what is too long for `make test`, part by part, with the seconds that each took.

A red part does not stop the next one: whoever has waited wants to know all that is red. What failed in it is said once
more at the end, since hours of output lie between.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from stage.errors import INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Part:
    """What it shows, and the arguments for this Python that show it."""

    name: str
    arguments: tuple[str, ...]


def _tests(name: str, *folders: str) -> Part:
    return Part(name, ("-m", "pytest", "-q", "-n", "2", "-m", "evidence", *folders))


PARTS = (
    _tests(
        "fuzzing, prover against evaluator, an offboarding killed at every moment, the other strategies",
        "packages",
        "tests/unit",
        "tests/local",
    ),
    _tests("weakened Terraform modules, and proofs of weakened plans", "tests/infra"),
    _tests(
        "the entities under the other strategies, the page in a browser, make dev interrupted",
        "tests/web",
        "tests/entities",
        "tests/isolation",
        "tests/commands",
    ),
    Part("the attack matrix", ("-m", "isolation.attack")),
    Part("mutants: the app with one bug at a time", ("-m", "isolation.mutants")),
    Part("canaries: every control weakened in turn", ("-m", "isolation.canaries")),
    Part("the proof of both plans", ("-m", "isolation.proof")),
)


#: How pytest's summary begins a line that names what is red.
RED = ("FAILED ", "ERROR ")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a part ended, and the lines that name what is red in it."""

    code: int
    red: tuple[str, ...] = ()


def run(command: Sequence[str]) -> Ran:
    """Run a command, show what it writes, and keep which tests are red."""
    red: list[str] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            if line.startswith(RED):
                red.append(line.rstrip())
    return Ran(process.returncode, tuple(red))


def main(words: Sequence[str], parts: Sequence[Part] = PARTS, run: Callable[[Sequence[str]], Ran] = run) -> int:
    """Run every part, or those that have one of the words in their name: 0 when all are green, 1 when one is red.

    By Ctrl-C it ends with 130, and says what was shown until then.
    """
    console = Console(highlight=False, stderr=True)
    chosen = [part for part in parts if not words or any(word in part.name for word in words)]
    lines: list[str] = []
    red = not chosen
    for number, part in enumerate(chosen, 1):
        console.print(f"[bold]{number}/{len(chosen)}[/bold] {part.name}", soft_wrap=True)
        started = time.monotonic()
        try:
            ran = run([sys.executable, *part.arguments])
        except KeyboardInterrupt:
            console.print("\n".join(["", *lines, f"interrupted: {part.name}"]), soft_wrap=True)
            return INTERRUPTED
        red = red or ran.code != 0
        mark = "[red]✗[/red]" if ran.code else "[green]✓[/green]"
        lines.append(f"{mark} {part.name}: {time.monotonic() - started:.0f} s")
        console.print(lines[-1], soft_wrap=True)
        lines += (f"    {escape(line)}" for line in ran.red)
    console.print("\n".join(["", *lines]) if chosen else f"no part is called {' or '.join(words)}", soft_wrap=True)
    return int(red)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
