"""Which browser the page's tests run in, on machines that have one and machines that have none."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.browser import BrowserMissingError, Machine, provide_browser

if TYPE_CHECKING:
    from collections.abc import Sequence

SYSTEM = "/usr/bin/chromium"
OWN = "/cache/chromium"


@dataclass
class Computer:
    """A machine on which programs are there, or come with an installation, and start or do not."""

    programs: dict[str, str] = field(default_factory=dict)  # name → path
    starting: set[str] = field(default_factory=set)  # paths
    download_works: bool = False
    packages_work: bool = False
    root: bool = True
    ran: list[str] = field(default_factory=list)

    def run(self, command: Sequence[str]) -> bool:
        """Do what the command would do here."""
        self.ran.append(" ".join(command))
        if command[-1] == "--version":
            return command[0] in self.starting
        if command[:4] == [sys.executable, "-m", "playwright", "install"] and self.download_works:
            self.starting.add(OWN)
            return True
        if command[:2] == ["apt-get", "install"] and self.packages_work:
            self.programs["chromium"] = SYSTEM
            self.starting.add(SYSTEM)
            return True
        return False

    def provide(self) -> str:
        """Ask for the browser."""
        machine = Machine(self.programs.get, self.run, lambda: Path(OWN), self.root)
        return str(provide_browser(machine))

    @property
    def installed(self) -> bool:
        """Whether anything was installed or tried to."""
        return any(" install" in command for command in self.ran)


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_of_the_system_is_used(name: str) -> None:
    """What is there and starts is taken, and nothing is installed."""
    computer = Computer({name: f"/usr/bin/{name}"}, {f"/usr/bin/{name}"})

    assert computer.provide() == f"/usr/bin/{name}"
    assert not computer.installed


def test_a_browser_that_does_not_start_is_passed_over() -> None:
    """Ubuntu's chromium-browser is a script that asks for a snap."""
    programs = {"chromium-browser": "/usr/bin/chromium-browser", "google-chrome": "/usr/bin/google-chrome"}
    computer = Computer(programs, {"/usr/bin/google-chrome"})

    assert computer.provide() == "/usr/bin/google-chrome"


def test_an_earlier_download_is_used() -> None:
    """Playwright's own browser, once there, is not downloaded again."""
    computer = Computer(starting={OWN})

    assert computer.provide() == OWN
    assert not computer.installed


def test_playwright_downloads_one_where_the_system_has_none() -> None:
    """The download comes before the distribution's package, since anybody may do it."""
    computer = Computer({"apt-get": "/usr/bin/apt-get"}, download_works=True, packages_work=True)

    assert computer.provide() == OWN
    assert not any(command.startswith("apt-get") for command in computer.ran)


def test_the_distribution_provides_one_where_the_download_fails() -> None:
    """A machine may reach its distribution's mirror and nothing else."""
    computer = Computer({"apt-get": "/usr/bin/apt-get"}, packages_work=True)

    assert computer.provide() == SYSTEM


@pytest.mark.parametrize(
    "computer",
    [
        pytest.param(Computer({"apt-get": "/usr/bin/apt-get"}), id="the package cannot be installed"),
        pytest.param(Computer({"apt-get": "/usr/bin/apt-get"}, packages_work=True, root=False), id="not root"),
        pytest.param(Computer(packages_work=True), id="no apt-get"),
    ],
)
def test_without_any_browser_it_says_what_to_install(computer: Computer) -> None:
    """The tests then fail; they are never skipped."""
    with pytest.raises(BrowserMissingError, match="playwright install --with-deps chromium"):
        computer.provide()
