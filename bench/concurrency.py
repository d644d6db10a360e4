"""How many requests a second the API of `make dev` answers, beside the same Chalice app without isolation.

16 connections ask for `GET /cart`. Without isolation there is no authorizer, and one static client with an operator's
rights; both call the same local AWS, which checks the calls of both. Who asks, the API and the local AWS share this
machine's cores, and the local AWS takes most of the time: what is shown is how it feels under `make dev`.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness import PROJECT, Comparison, Series, in_turn
from stage.http_api import Api
from stage.local.stack import LocalStack, StackOptions
from stage.sign_in import sign_in
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from stage.progress import Progress

CONNECTIONS, SLICES, SECONDS, LINES = 16, 20, 2.0, 3
WITHOUT_ISOLATION = "bench.unisolated_api"


def measure(progress: Progress) -> list[Comparison]:
    """Compare requests a second, in turn for a slice of time each."""
    require_terraform()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=PROJECT, folder=Path(folder)), progress) as stack,
    ):
        stage = stack.stage(stack.serve_api())
        headers = {"Authorization": f"Bearer {sign_in(stage, stage.user('acme', 'member'))['IdToken']}"}
        operator = {
            "AWS_ACCESS_KEY_ID": stage.operator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": stage.operator.secret_access_key,
        }
        _fill_cart(Api(stage.api_url), headers)
        log = Path(folder) / "without-isolation.log"
        with (
            stack.api(log, module=WITHOUT_ISOLATION, changed=operator) as (plain_url, _),
            progress.step(f"concurrent API: {CONNECTIONS} connections, {SLICES} slices of {SECONDS} s, in turn"),
        ):
            isolated, plain = in_turn(
                partial(_requests_per_second, stage.api_url, headers),
                partial(_requests_per_second, plain_url, {}),
                rounds=SLICES,
                warm_up=1,
            )
    a, b = Series("make dev", isolated, "requests/s"), Series("no authorizer, a static client", plain, "requests/s")
    return [Comparison("concurrent API", a, b, goal=0.8, bound="≥")]


def _fill_cart(api: Api, headers: dict[str, str]) -> None:
    line = {"description": "anvil", "price": "1.10", "quantity": 1}
    for number in range(LINES):
        answer = api.call("PUT", f"/cart/line-{number}", headers=headers, body=line)
        assert answer.status in {200, 201}, answer
    api.close()


def _requests_per_second(url: str, headers: dict[str, str]) -> float:
    """Ask over all connections at once for a slice of time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        counts = list(threads.map(lambda _: _ask(url, headers, began + SECONDS), range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - began)


def _ask(url: str, headers: dict[str, str], until: float) -> int:
    api, count = Api(url), 0
    while time.perf_counter() < until:
        answer = api.call("GET", "/cart", headers=headers)
        assert answer.status == 200, answer
        count += 1
    api.close()
    return count
