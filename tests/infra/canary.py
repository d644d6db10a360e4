"""What a canary is: a weakened control, which the tests of its folder must notice; and how those of a folder are run.

Terraform spends two seconds on the provider's schema, and a twentieth of one on a run. So all canaries of a folder are
tested by one Terraform: each is a copy of the folder, whose tests are those of the folder with that copy in its place.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.infra.conftest import Workspace

NEVER_SCAN = """
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },"""


_SOUND = "sound"
_UNREFUSED = "Missing expected failure"


@dataclass(frozen=True, slots=True)
class Canary:
    """One weakened control: what is replaced in the folder's file, and what its tests must then complain of."""

    weakening: str
    folder: str
    old: str
    new: str
    complaint: str
    file: str = "main.tf"

    @property
    def copy(self) -> str:
        """The name of the weakened copy of the folder, and of its tests."""
        return self.weakening.replace(" ", "-")


def unrefused(weakening: str, folder: str, old: str, new: str, file: str = "variables.tf") -> Canary:
    """Return the canary of a validation that takes what it must refuse: a run of `expect_failures` complains."""
    return Canary(weakening, folder, old, new, _UNREFUSED, file)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests of one weakened copy ended with ("fail", "error"; "pass" is a dead canary), and what they said."""

    status: str
    said: str


def outcomes_of(workspace: Workspace, folder: str, canaries: Sequence[Canary]) -> dict[Canary, Outcome]:
    """Weaken one control in each of many copies of a folder, and return what the tests of each copy made of it.

    The folder itself is tested beside its copies, by the same runs, which must all pass.
    """
    sound = workspace.infra / folder
    suites = {_SOUND: _aimed_at(sound, [canary.complaint for canary in canaries])}
    for canary in canaries:
        weakened = workspace.weakened(folder, canary.copy, canary.file, canary.old, canary.new)
        suites[canary.copy] = _aimed_at(weakened, [canary.complaint])
    tester = workspace.tester(folder, suites)
    outcomes = _outcomes(workspace.terraform(tester, "test", "-json").stdout)
    assert outcomes[_SOUND].status == "pass", outcomes[_SOUND]
    return {canary: outcomes[canary.copy] for canary in canaries}


def _aimed_at(copy: Path, complaints: Sequence[str]) -> str:
    """Return the tests of the copy as another folder has them: every run says that it is about the copy.

    The runs are those that can complain so, with those that they refer to; all of them where a complaint is no message
    of theirs.
    """
    tests = (copy / "tests" / "controls.tftest.hcl").read_text()
    head, *runs = re.split(r'^(?=run "\w+" \{\n)', tests, flags=re.MULTILINE)
    words = ["expect_failures" if complaint == _UNREFUSED else complaint for complaint in complaints]
    complaining = [[run for run in runs if word in run] for word in words]
    wanted = [run for of_one in complaining for run in of_one or runs]
    referred = {name for run in wanted for name in re.findall(r"\brun\.(\w+)", run)}
    kept = [run for run in runs if run in wanted or run.split('"')[1] in referred]
    return head + "".join(_about(run, f"../{copy.name}") for run in kept)


def _about(run: str, copy: str) -> str:
    """Return a run that is about a copy, or about the folder below the copy that it names itself."""
    below, named = re.subn(r'^(  module \{\n    source = ")\.', rf"\g<1>{copy}", run, flags=re.MULTILINE)
    return below if named else run.replace("{\n", f'{{\n  module {{\n    source = "{copy}"\n  }}\n\n', 1)


def _outcomes(report: str) -> dict[str, Outcome]:
    """Return the outcomes that `terraform test -json` tells, by suite; an error of no suite is one of all."""
    messages = [json.loads(line) for line in report.splitlines()]
    statuses = {
        message["@testfile"]: message["test_file"]["status"]
        for message in messages
        if message["type"] == "test_file" and "status" in message["test_file"]
    }
    diagnostics = [message for message in messages if message["type"] == "diagnostic"]
    general = [each["diagnostic"] for each in diagnostics if "@testfile" not in each]
    assert not [each for each in general if each["severity"] == "error"], general
    said = {
        file: " ".join(
            " ".join([each["diagnostic"]["summary"], each["diagnostic"]["detail"]])
            for each in diagnostics
            if each.get("@testfile") == file
        )
        for file in statuses
    }
    return {
        file.removeprefix("tests/").removesuffix(".tftest.hcl"): Outcome(status, " ".join(said[file].split()))
        for file, status in statuses.items()
    }
