"""Runs a Lambda function of the control plane on this machine, in a process that has its environment and no other."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Mapping

_FUNCTIONS = "chalicelib.control_plane.functions"
_SECONDS = 600


def invoke_function(name: str, event: Mapping[str, Any], environment: Mapping[str, str]) -> Any:
    """Return the function's answer.

    Raises:
        OpsError: it failed; the message is the last line that it wrote.
    """
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "ops.functions", name],
            input=json.dumps(event),
            env=dict(environment),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OpsError(f"{name} was not done after {_SECONDS} s") from None
    if ran.returncode != 0:
        raise OpsError(f"{name} failed: {(ran.stderr.strip().splitlines() or ['without a word'])[-1]}")
    return json.loads(ran.stdout)


if __name__ == "__main__":
    # As Lambda does: the handler by name, the event in, the answer out.
    handler = getattr(importlib.import_module(_FUNCTIONS), sys.argv[1])
    json.dump(handler(json.load(sys.stdin), None), sys.stdout)
