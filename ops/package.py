"""Makes the package of all Lambda functions, and the description of the API that Terraform reads.

`python -m ops.package` writes build/deployment.zip and build/api.json. What ships is what locks/deployed.txt names,
checked against its hashes, for the runtime and not for the Python that packages. The same input makes the same bytes,
so that a plan after it shows a change only where there is one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ops.api_description import describe
from ops.environments import uv
from ops.lockfiles import DEPLOYED, DEVELOPMENT, require_sound, requirement_of
from ops.runtimes import DEFAULT_RUNTIME, add_runtime, python_of
from stage.errors import CommandError
from stage.page import page_entities
from stage.progress import Progress
from stage.shell import forget_aws_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ops.lockfiles import LockFile

#: What Lambda takes: of a zip file that is uploaded, and of its content.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_ZIPPED = 50 * 1024 * 1024
MAX_UNPACKED = 250 * 1024 * 1024

_SHIPPED = ("app.py", "chalicelib", ".chalice/config.json")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*", "*~")  # what editors and Python leave behind
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip file knows
_SECONDS = 600
_MB = 1_000_000
#: The operating system of the runtimes, and the processor that Chalice gives the functions.
#: Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html (glibc 2.26 and later)
_PLATFORM = "x86_64-manylinux2014"
_CHALICE = "packaging-chalice"  # Chalice ships what lies in chalicelib and vendor, and app.py


@dataclass(frozen=True, slots=True)
class Package:
    """A package on this machine; sizes are in bytes, `sha256_base64` is what Terraform's filebase64sha256() gives."""

    path: Path
    api_path: Path
    sha256_base64: str
    zipped: int
    unpacked: int

    def __str__(self) -> str:
        return (
            f"{self.path.name}: {self.zipped / _MB:.1f} MB zipped (Lambda takes {MAX_ZIPPED / _MB:.1f}), "
            f"{self.unpacked / _MB:.1f} MB unpacked (of {MAX_UNPACKED / _MB:.1f})"
        )


def package(
    project: Path,
    progress: Progress,
    runtime: str = DEFAULT_RUNTIME,
    *,
    chalice: Sequence[str] | None = None,
    take: Callable[[Path, str, Path], None] | None = None,
) -> Package:
    """Package the project's functions into its folder build/; what is there stays as it is until all has gone well.

    Args:
        project: the folder that holds app.py.
        progress: says what is being done.
        runtime: Lambda's, such as `python3.13`, for which the dependencies are taken.
        chalice: the command to run instead of the virtual environment's own.
        take: what to call instead of `take_locked`.

    Raises:
        CommandError: something is missing, a dependency has no build for Lambda, or the package is too large for it.
    """
    python = python_of(runtime)
    command = [*(chalice or [_own_chalice()]), "package", "--pkg-format", "terraform"]
    build = project / "build"
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "source"), Path(folder, "made")
        with progress.step(f"taking what {DEPLOYED.path} names, for {runtime}"):
            _copy(project, source)
            (take or take_locked)(project, python, source)
        with progress.step("packaging the functions"):
            _run([*command, str(made)], source)
        with progress.step("writing build/deployment.zip and build/api.json"):
            description = describe(json.loads((made / "chalice.tf.json").read_text()), runtime, page_entities())
            packed = Path(folder, "deployment.zip")
            unpacked = repack(made / "deployment.zip", packed)
            require_fitting(packed.stat().st_size, unpacked)
            build.mkdir(exist_ok=True)
            content = packed.read_bytes()
            path = _replace(build / "deployment.zip", content)
            text = json.dumps(description, indent=2, sort_keys=True) + "\n"
            api_path = _replace(build / "api.json", text.encode())
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Package(path, api_path, digest, len(content), unpacked)


def take_locked(project: Path, python: str, source: Path) -> None:
    """Fill vendor/ in a folder with what the functions need, as wheels for a version of Python on Lambda.

    And another folder with Chalice, whose runtime ships too: that of .venv may have been changed by hand.

    Raises:
        CommandError: a lock is not sound, or a wheel is missing, cannot be had, or is another one than was locked.
    """
    _take(project, require_sound(project, DEPLOYED), DEPLOYED, python, source / "vendor")
    chalice = source.with_name("chalice.txt")
    chalice.write_text(requirement_of(require_sound(project, DEVELOPMENT).read_text(), "chalice"))
    _take(project, chalice, DEVELOPMENT, python, source / _CHALICE)


def _take(project: Path, requirements: Path, lock: LockFile, python: str, target: Path) -> None:
    """Install requirements of a lock for Lambda into a folder, by their hashes.

    By uv and not by pip, which asks the Python that runs it, and not the target's, whether a line of a lock applies.
    """
    wheels = ["--only-binary", ":all:", "--python-platform", _PLATFORM, "--python-version", python]
    options = ["--quiet", "--no-deps", "--require-hashes", "--link-mode", "copy", *wheels]
    uv(project, ["pip", "install", *options, "--target", str(target), "-r", str(requirements)], str(lock.path))
    shutil.rmtree(target / "bin", ignore_errors=True)  # commands, which name the Python of this machine
    for written in (target / ".lock", *target.glob("*.dist-info/RECORD"), *target.glob("*.dist-info/uv_cache.json")):
        written.unlink(missing_ok=True)


def package_is_there(project: Path) -> bool:
    """Return whether build/ holds a package and its description."""
    return all((project / "build" / name).is_file() for name in ("deployment.zip", "api.json"))


def repack(source: Path, target: Path) -> int:
    """Write the content of a zip file in one order, with one time and one mode; return its size unpacked."""
    unpacked = 0
    with zipfile.ZipFile(source) as made, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in sorted(entry.filename for entry in made.infolist() if not entry.is_dir()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.create_system = 3  # Unix, on whatever it is made: else the mode is not heeded
            entry.external_attr = (stat.S_IFREG | 0o644) << 16  # Lambda runs the code as another user
            entry.compress_type = zipfile.ZIP_DEFLATED
            content = made.read(name)
            packed.writestr(entry, content)
            unpacked += len(content)
    return unpacked


def require_fitting(zipped: int, unpacked: int) -> None:
    """Make sure that Lambda takes a package of these sizes in bytes.

    Raises:
        CommandError: it does not.
    """
    for size, limit, state in ((zipped, MAX_ZIPPED, "zipped"), (unpacked, MAX_UNPACKED, "unpacked")):
        if size > limit:
            raise CommandError(
                f"the package has {size / _MB:.1f} MB {state}, and Lambda takes {limit / _MB:.1f}: "
                "take a dependency out of requirements.txt"
            )


def _own_chalice() -> str:
    chalice = Path(sys.executable).with_name("chalice")
    if not chalice.exists():
        raise CommandError("chalice is not installed beside this Python: run `make setup`")
    return str(chalice)


def _copy(project: Path, source: Path) -> None:
    """Copy what ships and nothing else, so that no file that happens to be in the project's folder does."""
    for name in _SHIPPED:
        if not (project / name).exists():
            raise CommandError(f"{name} is not in {project}: package a folder that holds the app")
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (project / name).is_dir():
            shutil.copytree(project / name, target, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(project / name, target)


def _run(command: Sequence[str], source: Path) -> None:
    """Run Chalice in the copy, where it finds no requirements to download: all of them lie in vendor/.

    Raises:
        CommandError: it failed.
    """
    (source / "requirements.txt").write_text("")
    environ = dict(os.environ)
    forget_aws_settings(environ)
    environ |= {
        "AWS_DEFAULT_REGION": "us-east-1",  # Chalice wants one, and writes it nowhere
        "PYTHONPATH": str(source / _CHALICE),
        "PYTHONDONTWRITEBYTECODE": "1",  # Chalice imports the app, and would ship what that leaves behind
    }
    try:
        ran = subprocess.run(
            command, cwd=source, env=environ, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"chalice was not done after {_SECONDS} s: try again") from None
    if ran.returncode != 0:
        last = ((ran.stdout + ran.stderr).strip().splitlines() or ["it said nothing"])[-1]
        raise CommandError(f"chalice could not make the package ({last}): see whether app.py can be imported")


def _replace(target: Path, content: bytes) -> Path:
    """Write a file at once: whoever reads it finds the former or the new one whole."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as new:
        new.write(content)
    Path(new.name).chmod(0o644)
    Path(new.name).replace(target)
    return target


def main(arguments: Sequence[str] | None = None) -> int:
    """Package this project and say how large the result is."""
    parser = argparse.ArgumentParser(prog="python -m ops.package", description=__doc__)
    add_runtime(parser)
    options = parser.parse_args(arguments)
    try:
        print(package(Path(__file__).parent.parent, Progress(), options.runtime))
    except CommandError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
