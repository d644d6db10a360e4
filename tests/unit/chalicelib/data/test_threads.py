"""Threads that work for a request count as that request."""

from __future__ import annotations

from threading import Barrier
from typing import TYPE_CHECKING, Any

from botocore.session import Session
from botocore.stub import Stubber

from chalicelib.data.threads import RequestThreads
from chalicelib.vending import aws_requests

if TYPE_CHECKING:
    from concurrent.futures import Executor


def _answers(threads: Executor, *ids: str) -> list[str]:
    """Have a client ask once in each of as many threads, and return what was collected."""
    session = Session()
    aws_requests.watch(session)
    client: Any = session.create_client(
        "sts", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    stubber, together = Stubber(client), Barrier(len(ids))
    for each in ids:
        stubber.add_response("get_caller_identity", {"ResponseMetadata": {"RequestId": each}})

    def ask(_: str) -> None:
        together.wait(10)
        client.get_caller_identity()

    with stubber, aws_requests.collecting() as collected:
        list(threads.map(ask, ids))
    return sorted(collected)


def test_what_a_requests_threads_ask_of_aws_is_the_requests() -> None:
    """Several at once; the next request's calls are not among those of the one before."""
    with RequestThreads(2) as threads:
        assert _answers(threads, "one", "two") == ["one", "two"]
        assert _answers(threads, "three", "four") == ["four", "three"]
