"""Asking STS for a session: with a signature, with a user's token, and as the stage's own API does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from chalicelib.config import Strategy
from isolation.attack.calls import call_aws
from isolation.attack.cells import Cell, Twin
from isolation.attack.outcomes import ATTACKER, VICTIMS, Service, Who
from isolation.attack.world import LAMBDA_ROLE
from isolation.attack.wrong_tags import PROPER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from isolation.attack.cells import Act
    from isolation.attack.controls import Control
    from isolation.attack.world import World

    RoleOf: TypeAlias = Callable[[World], str]
    TokenOf: TypeAlias = Callable[[World], str]
#: What the session of the attacker's member is called.
OWN_NAME = f"{ATTACKER}.{PROPER['role']}"


def tags(pairs: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Return tags as AssumeRole takes them."""
    return [{"Key": key, "Value": value} for key, value in pairs]


def tenant_role(world: World) -> str:
    """Return the role whose sessions the stage's strategy opens."""
    return world.stage.tenant_role_arn


def maintenance_role(world: World) -> str:
    """Return the role for what has no user's token."""
    return world.stage.tenant_maintenance_role_arn


def own_token(world: World) -> str:
    """Return the id token of the attacker's member."""
    return world.token(ATTACKER, PROPER["role"])


def assumes(who: Who, role: RoleOf = tenant_role, **changed: Any) -> Act:
    """Return the signed call by which somebody asks for a role, with the attacker's own tags or others."""
    return lambda world: call_aws(lambda: assumed(world, who, role, **changed))


def assumed(world: World, who: Who, role: RoleOf = tenant_role, **changed: Any) -> Any:
    """Make that call, and return STS's answer; raises as boto3."""
    call = {"RoleArn": role(world), "RoleSessionName": OWN_NAME, "Tags": tags(PROPER.items()), **changed}
    return world.client(who, "sts").assume_role(**call)


def exchanges(token: TokenOf = own_token, role: RoleOf = tenant_role, *, outside: bool = False, **changed: Any) -> Act:
    """Return the unsigned call by which whoever holds a token asks for a role."""
    return lambda world: call_aws(lambda: exchanged(world, token, role, outside=outside, **changed))


def exchanged(
    world: World, token: TokenOf = own_token, role: RoleOf = tenant_role, *, outside: bool = False, **changed: Any
) -> Any:
    """Make that call, and return STS's answer; raises as boto3."""
    call = {"RoleArn": role(world), "RoleSessionName": OWN_NAME, "WebIdentityToken": token(world), **changed}
    return world.nobodys_sts(outside=outside).assume_role_with_web_identity(**call)


def opened(world: World, **changed: Any) -> Any:
    """Open a session of the attacker's member as the stage's API does, or with some of it changed; raises as boto3."""
    if world.strategy is Strategy.WEB_IDENTITY:
        return exchanged(world, **changed)
    return assumed(world, Who("", LAMBDA_ROLE), **changed)


def opening_twin(strategy: str) -> Twin:
    """Return the twin: the attacker's member gets the own session."""
    return Twin(f"a session of the attacker's member, {strategy}", lambda world: call_aws(lambda: opened(world)))


def sts_cell(  # noqa: PLR0913, PLR0917 -- one row of a table
    attack: str,
    target: str,
    who: Who,
    act: Act,
    twin: Twin,
    controls: Iterable[Control],
    *,
    known_limit: str = "",
    harms: bool = False,
) -> Cell:
    """Return the cell of a call to STS."""
    return Cell(
        service=Service.STS,
        attack=attack,
        target=target,
        who=who,
        refused_by=frozenset(controls),
        victims=VICTIMS,
        act=act,
        twin=twin,
        known_limit=known_limit,
        harms=harms,
    )
