"""Attacks in a moment in which STS gives a tenant no session: nothing else may be used instead."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from isolation.attack.cells import Cell
from isolation.attack.controls import Control
from isolation.attack.http_calls import own_twin
from isolation.attack.http_cells import outcome_of
from isolation.attack.outcomes import VICTIM, Kind, Outcome, Service, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served
    from isolation.attack.world import World

#: A tenant of which no other attack makes the API keep a session.
_TENANT = "acme1"
_CLOSED = {"Sid": "Closed", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def without_sts_cells(served: Served) -> Iterator[Cell]:
    """Return the attacks: on each entity's list, and where it can be asked for a row by its whole key."""
    for target in served.targets:
        route = target.lists
        if route is not None:
            yield _cell(target, route, "", "")
            if target.takes_keys:
                query = target.probe.by_key.format(shard_id=quote(target.key(_TENANT, "0"), safe=""), row_id="0")
                yield _cell(target, route, f"?{query}", ", by its key")


def _cell(target: Target, route: Route, query: str, words: str) -> Cell:
    role = route.roles[0]
    return Cell(
        service=Service.HTTP,
        attack=str(route),
        target=f"when STS refuses the session{words}",
        who=Who(_TENANT, role),
        refused_by=frozenset({Control.NO_FALLBACK}),
        victims=(VICTIM,),
        act=lambda world: _without_sts(world, role, route.path + query),
        twin=own_twin(role, route, target),
        entity=target.name,
        harms=True,  # for a moment nobody gets a session
    )


def _without_sts(world: World, role: str, path: str) -> Outcome:
    assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    with closed(world):
        answer = world.api.as_user(_TENANT, role, "GET", path)
    code = answer.body.get("Code", "") if isinstance(answer.body, dict) else ""
    if (answer.status, code) == (HTTPStatus.SERVICE_UNAVAILABLE, "ScopedCredentialsError"):
        return Outcome(Kind.REFUSED, code, controls=frozenset({Control.NO_FALLBACK}), content=answer.text)
    return outcome_of(answer)


@contextmanager
def closed(world: World) -> Iterator[None]:
    """Let no role that tenants' sessions have be assumed by anybody for as long."""
    iam = world.operator("iam")
    arns = [world.stage.tenant_role_arn, world.stage.tenant_policy_role_arn]
    names = [arn.rpartition("/")[2] for arn in arns if arn]
    before: dict[str, Any] = {name: iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] for name in names}
    try:
        for name, trust in before.items():
            shut = trust | {"Statement": [*trust["Statement"], _CLOSED]}
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(shut))
        yield
    finally:
        for name, trust in before.items():
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
