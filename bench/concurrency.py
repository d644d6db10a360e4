"""How many requests a second the API of `make dev` answers, beside the same Chalice app without isolation.

16 connections ask for a row, by the request of bench/warm_request.py. Without isolation there is no authorizer, and one
static client with an operator's rights; both call the same local AWS, which checks the calls of both. Who asks, the API
and the local AWS share this machine's cores, and the local AWS takes most of the time: what is shown is how it feels
under `make dev`.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.harness import PROJECT, Comparison, Series, in_turn
from bench.warm_request import measured_entity
from stage.http_api import Api
from stage.local.stack import LocalStack, StackOptions
from stage.rows import Creation
from stage.sign_in import sign_in
from stage.terraform import require_terraform

if TYPE_CHECKING:
    from chalicelib.entities.entity import Entity
    from stage.progress import Progress

CONNECTIONS, SLICES, SECONDS = 16, 20, 2.0
WITHOUT_ISOLATION = "bench.unisolated_api"


def measure(progress: Progress) -> list[Comparison]:
    """Compare requests a second, in turn for a slice of time each.

    Raises:
        NothingToMeasureError: no entity has the request that is measured.
    """
    entity = measured_entity()
    require_terraform()
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalStack(StackOptions(project=PROJECT, folder=Path(folder)), progress) as stack,
    ):
        stage = stack.stage(stack.serve_api())
        headers = {"Authorization": f"Bearer {sign_in(stage, stage.user('acme', 'admin'))['IdToken']}"}
        operator = {
            "AWS_ACCESS_KEY_ID": stage.operator.access_key_id,
            "AWS_SECRET_ACCESS_KEY": stage.operator.secret_access_key,
        }
        path = _planted(Api(stage.api_url), headers, entity)
        log = Path(folder) / "without-isolation.log"
        with (
            stack.api(log, module=WITHOUT_ISOLATION, changed=operator) as (plain_url, _),
            progress.step(f"concurrent API: {CONNECTIONS} connections, {SLICES} slices of {SECONDS} s, in turn"),
        ):
            isolated, plain = in_turn(
                partial(_requests_per_second, stage.api_url, path, headers),
                partial(_requests_per_second, plain_url, path, {}),
                rounds=SLICES,
                warm_up=1,
            )
    a, b = Series("make dev", isolated, "requests/s"), Series("no authorizer, a static client", plain, "requests/s")
    return [Comparison("concurrent API", a, b, goal=0.8, bound="≥")]


def _planted(api: Api, headers: dict[str, str], entity: Entity) -> str:
    """Make a row and return its path."""
    creation = Creation.of(entity, "bench")
    answer = api.call(creation.method, creation.path, headers=headers, body=creation.body)
    assert answer.status == 201, answer
    api.close()
    return creation.row(answer.headers.get("location"))


def _requests_per_second(url: str, path: str, headers: dict[str, str]) -> float:
    """Ask over all connections at once for a slice of time."""
    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        counts = list(threads.map(lambda _: _ask(url, path, headers, began + SECONDS), range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - began)


def _ask(url: str, path: str, headers: dict[str, str], until: float) -> int:
    api, count = Api(url), 0
    while time.perf_counter() < until:
        answer = api.call("GET", path, headers=headers)
        assert answer.status == 200, answer
        count += 1
    api.close()
    return count
