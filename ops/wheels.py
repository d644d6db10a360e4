"""`make wheels`: builds the distributions under packages/ into dist/, one wheel each."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from ops.environments import packages, uv
from stage.errors import CommandError

FOLDER = Path("dist")


def build(project: Path, folder: Path) -> list[Path]:
    """Build every distribution into a folder that holds nothing else, and return the wheels.

    Raises:
        CommandError: one cannot be built.
    """
    shutil.rmtree(folder, ignore_errors=True)
    for package in packages(project):
        # The build backend is part of uv, so that nothing is fetched.
        uv(project, ["build", "--quiet", "--offline", "--wheel", "--out-dir", str(folder), str(package)], str(package))
    return sorted(folder.glob("*.whl"))


def main() -> int:
    """Print the wheels: 0, or 2 and a sentence when one cannot be built."""
    project = Path(__file__).parent.parent
    try:
        for wheel in build(project, project / FOLDER):
            print(wheel.relative_to(project))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
