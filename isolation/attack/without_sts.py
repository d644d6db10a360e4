"""Attacks in a moment in which STS gives a tenant no session: nothing else may be used instead."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from chalicelib.tenancy.tenant import Role
from isolation.attack.cells import Cell
from isolation.attack.controls import Control
from isolation.attack.http_attacks import http_twin, outcome_of
from isolation.attack.outcomes import Kind, Outcome, Service, Who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from isolation.attack.world import World

#: Somebody of whom no other attack makes the API keep a session.
_WHO = Who("acme1", Role.VIEWER)
_CLOSED = {"Sid": "Closed", "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}


def without_sts_cells() -> Iterator[Cell]:
    """Return the attacks."""
    for path in ("/cart", "/items", "/items?shard_id=acme1%23item%231&product_id=0", "/users"):
        yield Cell(
            service=Service.HTTP,
            attack=f"GET {path.partition('?')[0]}",
            target="when STS refuses the session" + (", by its key" if "?" in path else ""),
            who=_WHO,
            refused_by=frozenset({Control.NO_FALLBACK}),
            victims=("globex",),
            act=lambda world, path=path: _without_sts(world, path),  # type: ignore[misc]
            twin=http_twin("GET /cart as member", lambda api: api.as_user("acme", Role.MEMBER, "GET", "/cart")),
            harms=True,  # for a moment nobody gets a session
        )


def _without_sts(world: World, path: str) -> Outcome:
    assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    with closed(world):
        answer = world.api.as_user(_WHO.tenant, _WHO.role, "GET", path)
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
