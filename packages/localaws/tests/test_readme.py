"""The README's script for `localaws` alone does what the README says it does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localaws_testing.running import started

if TYPE_CHECKING:
    import pytest

README = Path(__file__).parents[1] / "README.md"


def test_the_script_ends_with_the_refusal_that_the_readme_shows(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The own item is read with status 200; the other's is refused in the words of the transcript."""
    folder = tmp_path_factory.mktemp("readme")
    readme = README.read_text()
    script, transcript, log = re.findall(
        r"```python\n(.*?)```\n\n```console\n(.*?)```\n.*?```console\n(.*?)```", readme, re.DOTALL
    )[0]
    with started(folder) as (_, ready):
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": ready["endpoint_url"],
            "AWS_ACCESS_KEY_ID": ready["operator"]["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": ready["operator"]["secret_access_key"],
            "AWS_DEFAULT_REGION": "eu-central-1",
        }
        ran = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
        )

    status, refusal = transcript.strip().splitlines()
    assert ran.stdout.strip() == status
    assert ran.stderr.strip().splitlines()[-1] == refusal
    assert log.strip().partition(" ")[2] in (folder / "log").read_text()
