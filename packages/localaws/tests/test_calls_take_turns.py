"""Calls that moto does not carry out safely side by side take turns."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bulkhead_localaws.moto import emulator


@pytest.mark.parametrize(("service", "together"), [("ec2", 1), ("iam", 1), ("sts", 2)])
def test_calls_of_ec2_and_iam_take_turns_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch, service: str, together: int
) -> None:
    """Two calls at the same time: the second waits for the first, or both are there at once."""
    most, met = [], threading.Barrier(2)
    running: set[int] = set()

    def application(environ: dict[str, Any], start_response: object) -> list[bytes]:
        del environ, start_response
        running.add(threading.get_ident())
        try:
            met.wait(timeout=0.5 if together == 1 else 30)
        except threading.BrokenBarrierError:
            met.reset()
        most.append(len(running))
        running.discard(threading.get_ident())
        return []

    monkeypatch.setattr(emulator, "DomainDispatcherApplication", lambda _: application)
    served: Any = emulator.create_emulator()
    signed = {"HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=A/20260101/eu-central-1/{service}/aws4_request, Si"}
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda _: served(dict(signed), None), range(2)))

    assert max(most) == together
