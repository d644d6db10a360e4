"""The README shows what the command prints, and a file of reasons that it reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.expectations import read_reasons

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).parent
README = (HERE.parent / "README.md").read_text(encoding="utf-8")


def test_the_transcript_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Of the plan that it names, with the options that it gives."""
    options = ["--tag", "TenantID", "--delimiter", "-", "--tenant-role", "*-TenantRole"]
    assert "--tag TenantID --delimiter - --tenant-role '*-TenantRole'" in README
    (transcript,) = re.findall(r"```\n(REFUTED.*?)```", README, re.DOTALL)

    main([str(HERE / "plans" / "dash_as_delimiter.json"), *options, "--reasons", str(HERE / "reasons.json")])

    assert transcript in capsys.readouterr().out


def test_the_reasons_are_read() -> None:
    """As they stand there."""
    (text,) = re.findall(r"```json\n(.*?)```", README, re.DOTALL)
    assert read_reasons(text).tenant_roles == ("*-TenantRole",)
