"""`make drift`: checks whether the newest SDK has what `localaws` has not decided about, and says what to do.

The tests in tests/drift run against the newest boto3, which lies in a folder of its own: no lock changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.environments import uv
from stage.errors import CommandError
from stage.progress import Progress

_SDK = ("boto3", "botocore", "s3transfer")
_NO_TESTS_FAILED, _TESTS_FAILED = 0, 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html
_TO_DO = """
The SDK has moved; nothing here is broken: localaws refuses what it cannot map. For each name above,
  1. map it in bulkhead_localaws.services, or list it in tests/drift/test_sdk.py as refused or left out on purpose;
  2. raise boto3 in requirements.txt, and run `make lock` and `make test`."""


def main() -> int:
    """Look: 0 when nothing is undecided, 1 when something is, 2 when it cannot be seen."""
    project = Path(__file__).parent.parent
    newest = project / ".local" / "drift"
    shutil.rmtree(newest, ignore_errors=True)
    try:
        with Progress().step("taking the newest SDK"):
            wheels = ["--only-binary", ":all:", "--no-deps", "--upgrade", "--refresh", "--quiet"]
            uv(project, ["pip", "install", *wheels, "--target", str(newest), *_SDK], "the newest SDK")
    except CommandError as error:
        print(error, file=sys.stderr)
        return 2
    [version] = (path.name.removesuffix(".dist-info").partition("-")[2] for path in newest.glob("botocore-*.dist-info"))
    print(f"botocore {version}")
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/drift"]
    code = subprocess.call(pytest, cwd=project, env={**os.environ, "PYTHONPATH": str(newest)})
    if code == _TESTS_FAILED:
        print(_TO_DO)
    return code if code in {_NO_TESTS_FAILED, _TESTS_FAILED} else 2


if __name__ == "__main__":
    sys.exit(main())
