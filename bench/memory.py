"""The memory that one process takes for each session that it keeps, and for each token that it remembers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness import Comparison, Series
from bench.requesting import app_process, canned_aws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.requesting import AppProcess
    from stage.progress import Progress

TENANTS, TOKENS, WARM_UP, BLOCK = 2_000, 4_000, 500, 50


def measure(progress: Progress) -> list[Comparison]:
    """Measure resident memory before and after many tenants, and before and after many tokens of one of them."""
    with canned_aws() as aws, app_process(aws, CACHED_TENANTS=str(WARM_UP + TENANTS)) as process:
        _request(process, [f"early-{number}" for number in range(WARM_UP)])
        alone = _resident_kibibytes(process)
        with progress.step(f"memory: sessions of {TENANTS:,} tenants"):
            _request(process, [f"tenant-{number}" for number in range(TENANTS)])
        with_sessions = _resident_kibibytes(process)
        with progress.step(f"memory: {TOKENS:,} tokens of one tenant"):
            _request(process, ["early-0"] * TOKENS, [aws.issuer.issue("early-0") for _ in range(TOKENS)])
        with_tokens = _resident_kibibytes(process)
        sessions = aws.sessions()
    assert sessions == WARM_UP + TENANTS
    session, token = (with_sessions - alone) / TENANTS, (with_tokens - with_sessions) / TOKENS
    return [
        Comparison("memory of a kept session", Series("with its first token", [session], "KiB"), None, goal=10),
        Comparison("memory of a remembered token", Series("of a kept session", [token], "KiB"), None, goal=5),
    ]


def _request(process: AppProcess, tenant_ids: Sequence[str], tokens: Sequence[str] | None = None) -> None:
    """Make requests a few at a time: the process would need memory to read all their tokens at once."""
    for start in range(0, len(tenant_ids), BLOCK):
        block = slice(start, start + BLOCK)
        process.request(tenant_ids[block], tokens and tokens[block])


def _resident_kibibytes(process: AppProcess) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in status if line.startswith("VmRSS")]
    return int(line.split()[1])
