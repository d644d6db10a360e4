"""Attacks in a moment in which STS gives a tenant no session: nothing else may be used instead."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from chalicelib.config import Strategy
from isolation.attack.cells import Cell, Twin
from isolation.attack.controls import Control
from isolation.attack.http_calls import own_twin
from isolation.attack.http_cells import outcome_of
from isolation.attack.outcomes import VICTIM, Kind, Outcome, Service, Who
from isolation.attack.tokens import provider_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from isolation.attack.cells import Act
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from isolation.attack.world import World

_Way: TypeAlias = "Callable[[World], AbstractContextManager[None]]"
#: A tenant of which no other attack makes the API keep a session.
_TENANT = "acme1"
_CLOSED = {
    "Sid": "Closed",
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"],
}
WITHOUT_PROVIDER = "when IAM no longer knows the user pool"


def without_sts_cells(served: Served, strategy: str) -> Iterator[Cell]:
    """Return the attacks: on each entity's list, and where it can be asked for a row by its whole key."""
    ways = {"when STS refuses the session": closed}
    if strategy == Strategy.WEB_IDENTITY:
        ways[WITHOUT_PROVIDER] = provider_of
    for when, way in ways.items():
        for target in served.targets:
            route = target.lists
            if route is not None:
                yield _cell(target, route, "", when, way)
                if target.takes_keys:
                    query = target.probe.by_key.format(shard_id=quote(target.key(_TENANT, "0"), safe=""), row_id="0")
                    yield _cell(target, route, f"?{query}", f"{when}, by its key", way)


def _cell(target: Target, route: Route, query: str, when: str, way: _Way) -> Cell:
    role = route.roles[0]
    twin = own_twin(role, route, target)
    return Cell(
        service=Service.HTTP,
        attack=str(route),
        target=when,
        who=Who(_TENANT, role),
        refused_by=frozenset({Control.NO_FALLBACK}),
        victims=(VICTIM,),
        act=lambda world: _without_sts(world, role, route.path + query, way),
        twin=Twin(f"{twin.name}, {when.partition(',')[0]}", lambda world: _kept(world, twin.act, way)),
        entity=target.name,
        harms=True,  # for a moment nobody gets a session
    )


def _kept(world: World, act: Act, way: _Way) -> Outcome:
    """Ask once, so that a session is kept, and once more without STS: what is kept goes on until it ends."""
    act(world)
    with way(world):
        return act(world)


def _without_sts(world: World, role: str, path: str, way: _Way) -> Outcome:
    assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    with way(world):
        answer = world.api.as_user(_TENANT, role, "GET", path)
    code = answer.body.get("Code", "") if isinstance(answer.body, dict) else ""
    if (answer.status, code) == (HTTPStatus.SERVICE_UNAVAILABLE, "ScopedCredentialsError"):
        return Outcome(Kind.REFUSED, code, controls=frozenset({Control.NO_FALLBACK}), content=answer.text)
    return outcome_of(answer)


@contextmanager
def closed(world: World) -> Iterator[None]:
    """Let the role of tenants' sessions be opened by nobody for as long, neither by its callers nor by tokens."""
    iam, name = world.operator("iam"), world.stage.tenant_role_arn.rpartition("/")[2]
    trust: dict[str, Any] = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    shut = trust | {"Statement": [*trust["Statement"], _CLOSED]}
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(shut))
    try:
        yield
    finally:
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
