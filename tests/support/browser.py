"""Provides the browser: the system's Chromium, else Playwright's own download, else the distribution's package.

A candidate counts only when it can say its version: a wrapper that wants a snap, or a browser whose libraries are
missing, is passed over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_SECONDS = 600.0  # for a download
MISSING = (
    "no Chromium to run the page's tests in, and none could be installed: install the distribution's package "
    "`chromium`, or run `.venv/bin/python -m playwright install --with-deps chromium`"
)


class BrowserMissingError(RuntimeError):
    """No Chromium is here and none could be installed; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What is asked and done of the machine."""

    which: Callable[[str], str | None]
    run: Callable[[Sequence[str]], bool]  # whether the command could be run and succeeded
    downloaded: Callable[[], Path]  # where Playwright keeps its own Chromium, there or not
    may_install_packages: bool


def provide_browser(machine: Machine) -> Path:
    """Return the executable of a Chromium that starts, installing one where that is needed.

    Raises:
        BrowserMissingError: there is none and none could be installed.
    """
    ways = (_system_browser, _downloaded_before, _download, _install_package)
    for way in ways:
        found = way(machine)
        if found is not None:
            return found
    raise BrowserMissingError(MISSING)


def _system_browser(machine: Machine) -> Path | None:
    candidates = (_working(machine, Path(path)) for name in _NAMES if (path := machine.which(name)))
    return next(filter(None, candidates), None)


def _downloaded_before(machine: Machine) -> Path | None:
    return _working(machine, machine.downloaded())


def _download(machine: Machine) -> Path | None:
    machine.run([sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"])
    return _downloaded_before(machine)


def _working(machine: Machine, path: Path) -> Path | None:
    return path if machine.run([str(path), "--version"]) else None


def _install_package(machine: Machine) -> Path | None:
    if not (machine.may_install_packages and machine.which("apt-get")):
        return None
    machine.run(["apt-get", "update"])  # where it fails, the lists that are there may do
    machine.run(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"])
    return _system_browser(machine)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run this machine's browser.

    Raises:
        BrowserMissingError: there is none and none could be installed.
    """
    executable = provide_browser(this_machine())
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's own does not start for root
        browser = playwright.chromium.launch(executable_path=executable, args=sandbox)
        yield browser
        browser.close()


def this_machine() -> Machine:
    """Return the machine that the tests run on."""
    return Machine(
        which=shutil.which,
        run=_run,
        downloaded=_downloaded,
        may_install_packages=os.geteuid() == 0,
    )


def _run(command: Sequence[str]) -> bool:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        ended = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _downloaded() -> Path:
    with sync_playwright() as playwright:
        return Path(playwright.chromium.executable_path)
