"""The headless Chromium in which the page is tested: the system's, else Playwright's, else the distribution's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 300


class NoBrowserError(Exception):
    """There is no Chromium and none can be had."""


def launch(playwright: Playwright) -> Browser:
    """Start a browser, and provide it first where there is none.

    Raises:
        NoBrowserError: none can be had; the message says what to install.
    """
    path = _system() or _downloaded(playwright) or _distribution()
    if path is None:
        raise NoBrowserError(
            "There is no Chromium: install the package `chromium`, or run `playwright install chromium`."
        )
    return playwright.chromium.launch(executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else [])


def _system() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _downloaded(playwright: Playwright) -> str | None:
    path = playwright.chromium.executable_path
    if not Path(path).exists():
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    return path if Path(path).exists() else None


def _distribution() -> str | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    _run([apt, "update"])
    _run([apt, "install", "--yes", "--no-install-recommends", "chromium"])
    return _system()


def _run(command: list[str]) -> None:
    """Run it; whether it worked shows in what is there afterwards."""
    try:
        subprocess.run(command, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"{command} took longer than {_SECONDS} s")  # noqa: T201 -- for the test's log
