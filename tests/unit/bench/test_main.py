"""`python -m bench`: which benchmarks run, and what is shown when one fails."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

import bench.__main__ as command
from bench.harness import Comparison, NothingToMeasureError, Series
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stage.progress import Progress


def measured(_: Progress) -> list[Comparison]:
    """Stand in for a benchmark."""
    return [Comparison("the first", Series("a", [1.0]), None, goal=2)]


@pytest.fixture(autouse=True)
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the committed run as it is; return where the results go instead."""
    results, document = tmp_path / "results.json", tmp_path / "performance.md"
    document.write_text("<!-- measured: begin --><!-- measured: end -->")
    for name, value in (("PROJECT", tmp_path), ("RESULTS", results), ("DOCUMENT", document)):
        monkeypatch.setattr(command, name, value)
    return results


def benchmarks(monkeypatch: pytest.MonkeyPatch, *measures: Callable[[Progress], list[Comparison]]) -> None:
    """Replace the benchmarks."""
    modules = {f"bench.b{number}": SimpleNamespace(measure=each) for number, each in enumerate(measures)}
    monkeypatch.setattr(command, "BENCHMARKS", tuple(name.removeprefix("bench.") for name in modules))
    monkeypatch.setattr(command, "import_module", modules.__getitem__)


def test_a_run_of_all_is_written(
    monkeypatch: pytest.MonkeyPatch, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The results, and the table of the document."""
    benchmarks(monkeypatch, measured)

    assert command.main([]) == 0

    assert '"the first"' in written.read_text()
    assert "| the first |" in written.with_name("performance.md").read_text()
    assert "the first" in capsys.readouterr().out


def test_a_run_of_some_is_shown_and_not_written(monkeypatch: pytest.MonkeyPatch, written: Path) -> None:
    """The committed figures are of one run."""
    benchmarks(monkeypatch, measured, measured)

    assert command.main(["b1"]) == 0

    assert not written.exists()


@pytest.mark.parametrize(("error", "code"), [(CommandError("no Terraform"), 2), (KeyboardInterrupt(), 130)])
def test_what_was_measured_before_one_failed_is_shown(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    written: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Minutes of measuring are not thrown away; but half a run is not written."""

    def fail(_: Progress) -> list[Comparison]:
        raise error

    benchmarks(monkeypatch, measured, fail)

    assert command.main([]) == code

    printed = capsys.readouterr()
    assert "the first" in printed.out
    assert str(error) in printed.err
    assert not written.exists()


def test_what_has_nothing_to_measure_is_said_and_left_out(
    monkeypatch: pytest.MonkeyPatch, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A product without an entity is measured in everything else."""

    def nothing(_: Progress) -> list[Comparison]:
        raise NothingToMeasureError("there is no entity")

    benchmarks(monkeypatch, nothing, measured)

    assert command.main([]) == 0

    assert "b0: SKIPPED, there is no entity" in capsys.readouterr().err
    assert '"the first"' in written.read_text()


def test_an_unknown_name_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is measured."""
    with pytest.raises(SystemExit, match="2"):
        command.main(["gate", "speed"])

    assert "there is no speed; there are isolation_tax, " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("processor: 0\nmodel name\t: Intel(R) Xeon(R)\n", "Intel(R) Xeon(R)"),
        ("processor: 0\nCPU part: 0xd0c\n", "arm64"),
        (None, "arm64"),
    ],
)
def test_a_machine_that_does_not_tell_its_processor_is_measured_as_well(
    text: str | None, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ARM's cpuinfo has no model name, and macOS no cpuinfo."""
    known = tmp_path / "cpuinfo"
    if text is not None:
        known.write_text(text)
    monkeypatch.setattr(command, "_CPUINFO", known)
    monkeypatch.setattr("platform.machine", lambda: "arm64")

    assert command._cpu() == name
