"""Attacks on the pre-token trigger, which tags tokens: its tags are the user's attributes, whatever else it is told."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jwt

from chalicelib.config import Strategy
from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.calls import call_aws
from isolation.attack.cells import Twin
from isolation.attack.controls import Control
from isolation.attack.opening import OWN_NAME, exchanged, opening_twin, sts_cell
from isolation.attack.outcomes import ATTACKER, VICTIM, Kind, Outcome, Who
from isolation.attack.wrong_tags import PROPER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isolation.attack.cells import Cell
    from isolation.attack.opening import TokenOf
    from isolation.attack.world import World

#: What a caller may pass to Cognito with a sign-in, and Cognito hands on to triggers.
METADATA = {
    "tenant": VICTIM,
    "tenantID": VICTIM,
    "tenant_id": VICTIM,
    "custom:tenantID": VICTIM,
    "role": "admin",
    "custom:role": "admin",
}


def trigger_cells(strategy: str) -> Iterator[Cell]:
    """Return the attacks: by a sign-in, and by an event that the trigger's own code takes in this process."""
    if strategy != Strategy.WEB_IDENTITY:
        return
    who = Who(ATTACKER, PROPER["role"], strategy)
    here = Twin("a token of an event without clientMetadata", _opens(lambda world: tagged_here(world, {}), OWN_NAME))
    for what, token, twin in (("a sign-in", _signed_in, opening_twin(strategy)), ("an event", tagged_here, here)):
        attack = f"{what} with clientMetadata"
        for name in (f"{VICTIM}.member", f"{ATTACKER}.admin", f"{VICTIM}.admin"):
            act = tagging(token, name)
            yield sts_cell(attack, f"named {name}", who, act, twin, (Control.TRIGGER,))


def _opens(token: TokenOf, name: str) -> Callable[[World], Outcome]:
    return lambda world: call_aws(lambda: exchanged(world, token, RoleSessionName=name))


def tagging(token: TokenOf, name: str) -> Callable[[World], Outcome]:
    """Return the attack: the token must carry the user's own tags, and STS open no session of the others."""

    def act(world: World) -> Outcome:
        made = token(world)
        tags = jwt.decode(made, options={"verify_signature": False}).get(TAGS)
        outcome = call_aws(lambda: exchanged(world, lambda _: made, RoleSessionName=name))
        if outcome.kind is not Kind.REFUSED:
            return outcome
        if tags != {"principal_tags": {key: [value] for key, value in PROPER.items()}}:
            return Outcome(Kind.ALLOWED, "tags", f"the token is tagged {tags}")
        return Outcome(Kind.REFUSED, outcome.code, outcome.message, controls=frozenset({Control.TRIGGER}))

    return act


def _signed_in(world: World) -> str:
    assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
    return world.api.signed_in_with(METADATA)


def tagged_here(world: World, metadata: Mapping[str, str] = METADATA) -> str:
    """Return a token whose claims the trigger's code has made, as it is in this process."""
    from chalicelib.tenancy import token_tags  # noqa: PLC0415 -- a canary may change it

    assert world.api is not None  # noqa: S101 -- as above
    claims = world.api.claims()
    attributes = {name: claims[name] for name in ("sub", "email", "custom:tenantID", "custom:role")}
    event: dict[str, Any] = {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "userName": claims.get("cognito:username", ""),
        "request": {"userAttributes": attributes, "clientMetadata": dict(metadata)},
        "response": {},
    }
    with _setting("SESSION_PER", world.stage.session_per):
        details = token_tags.tag_id_token(event, None)["response"]["claimsAndScopeOverrideDetails"]
    return world.api.forged(**details["idTokenGeneration"]["claimsToAddOrOverride"])


@contextmanager
def _setting(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
