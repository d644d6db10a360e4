"""Attacks with a token on STS, which verifies it itself: forged and altered ones, other tags, names, clients and roles.

What the pool's own key has signed is beyond STS's own verification, and meets the trust policy alone: on AWS that key
never leaves Cognito, and its emulator publishes it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.calls import call_aws
from isolation.attack.controls import Control
from isolation.attack.forged_tokens import forgeries, spliced
from isolation.attack.opening import OWN_NAME, exchanged, exchanges, opening_twin, sts_cell, tenant_role
from isolation.attack.outcomes import ATTACKER, VICTIM, Who
from isolation.attack.sts import OTHER_ROLES
from isolation.attack.wrong_tags import BEYOND_ASCII, PROPER, WRONG_TAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from isolation.attack.api import ApiAccess
    from isolation.attack.cells import Cell
    from isolation.attack.opening import TokenOf
    from isolation.attack.outcomes import Outcome
    from isolation.attack.world import World
    from isolation.attack.wrong_tags import WrongTags

_ATTACK = "AssumeRoleWithWebIdentity"
_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_FLAT = f"{TAGS}/principal_tags/tenant"
_OTHER_CLIENT = "another-client"
#: Of the forgeries those that STS itself refuses; of an id token's other claims it knows nothing.
_REFUSED_BY_STS = (
    "alg none", "alg None with a signature", "alg NONE", "empty alg", "alg RS384", "HS256 with the public key as PEM",
    "HS256 with the public key as DER", "HS512 with the public key as PEM", "a stranger's key",
    "a stranger's key in the header", "a stranger's key set in the header", "a stranger's certificate in the header",
    "tenant altered", "tenant altered, no signature", "two tenants", "unknown kid", "kid as a path", "kid as SQL",
    "expired", "without expiry", "expiry as text", "not yet valid", "issued in the future", "another pool",
    "without issuer", "another client", "several clients", "without audience", "without subject", "an access token",
    "not base64", "one part", "four parts",
)  # fmt: skip


def token_cells(strategy: str) -> Iterator[Cell]:
    """Return the attacks; where other principals open sessions, a token must open none at all."""
    yield from _on_other_roles(strategy)
    if strategy == Strategy.WEB_IDENTITY:
        yield from _forged()
        yield from _with_wrong_tags()
        yield from _with_other_claims()
        yield from _under_other_names()
        yield _for_another_client()


def _cell(target: str, act: Callable[[World], Outcome], *controls: Control, harms: bool = False) -> Cell:
    strategy = Strategy.WEB_IDENTITY
    who = Who(ATTACKER, PROPER["role"], strategy)
    return sts_cell(_ATTACK, target, who, act, opening_twin(strategy), controls, harms=harms)


def _on_other_roles(strategy: str) -> Iterator[Cell]:
    roles = dict(OTHER_ROLES)
    if strategy != Strategy.WEB_IDENTITY:
        roles["the tenants' role"] = tenant_role
    for name, role in roles.items():
        for role_tag in Role:
            who = Who(ATTACKER, role_tag, strategy)
            act = exchanges(_token_of(role_tag), role, RoleSessionName=f"{ATTACKER}.{role_tag}")
            twin = opening_twin(strategy)
            yield sts_cell(f"{_ATTACK} of {name}", "with the own token", who, act, twin, (Control.TRUST_PRINCIPAL,))


def _token_of(role: str) -> TokenOf:
    return lambda world: world.token(ATTACKER, role)


def _made(make: Callable[[ApiAccess], str]) -> TokenOf:
    def token(world: World) -> str:
        assert world.api is not None  # noqa: S101 -- for the types: these cells run on the local stack only
        return make(world.api)

    return token


def _forged() -> Iterator[Cell]:
    made = forgeries()
    for name in _REFUSED_BY_STS:
        yield _cell(f"a token: {name}", exchanges(_made(made[name])), Control.STS_TOKEN)
    for name, tenant, role in (("tags altered", VICTIM, "member"), ("tags altered, role", ATTACKER, "admin")):
        claims: dict[str, Any] = {TAGS: {"principal_tags": {"tenant": [tenant], "role": [role]}}}
        altered = spliced(**claims)
        for session in (OWN_NAME, f"{VICTIM}.member"):
            act = exchanges(_made(altered), RoleSessionName=session)
            yield _cell(f"a token: {name}, as {session}", act, Control.STS_TOKEN)


def _signed(tags: Any) -> TokenOf:
    """Return the maker of a token of the attacker's member with these tags, signed with the pool's own key."""
    if tags is None:
        return _made(lambda api: api.forged(without=TAGS))
    return _made(lambda api: api.forged(**{TAGS: tags}))


def _with_wrong_tags() -> Iterator[Cell]:
    for wrong in WRONG_TAGS:
        if not wrong.repeats:  # which a JSON object cannot
            tags = {"principal_tags": {key: [value] for key, value in wrong.pairs}} if wrong.pairs else None
            name, controls = _named_by(wrong)
            act = exchanges(_signed(tags), RoleSessionName=name)
            yield _cell(f"tags of the token: {wrong.name}", act, *controls)
    tags = {"principal_tags": {"tenant": [BEYOND_ASCII], "role": ["member"]}}
    act = exchanges(_signed(tags), RoleSessionName=f"{ATTACKER}.member")
    yield _cell(f"tags of the token: tenant {BEYOND_ASCII!a}", act, Control.TRUST_SESSION_NAME)


def _named_by(wrong: WrongTags) -> tuple[str, frozenset[Control]]:
    """Return the session's name that such tags ask for, and what refuses them: without a tag no name is right."""
    if Control.STS_PARAMETERS in wrong.controls:
        return OWN_NAME, frozenset({Control.STS_TOKEN})
    tags = {key.lower(): value for key, value in wrong.pairs}
    name = f"{tags.get('tenant')}.{tags.get('role')}"
    if tags.get("tenant") and tags.get("role") and _NAME.fullmatch(name):  # an empty value is none, to a variable
        return name, wrong.controls
    return OWN_NAME, wrong.controls | {Control.TRUST_SESSION_NAME}


def _with_other_claims() -> Iterator[Cell]:
    """Return tokens whose tags STS does not take, or must not hand on."""
    both = {"tenant": [ATTACKER, VICTIM], "role": ["member"]}
    forms: Mapping[str, dict[str, Any]] = {
        "two tenants": {TAGS: {"principal_tags": both}},
        "no tenant in the list": {TAGS: {"principal_tags": {"tenant": [], "role": ["member"]}}},
        "the tenant as a text": {TAGS: {"principal_tags": {"tenant": VICTIM, "role": "member"}}},
        "the tenant as an object": {TAGS: {"principal_tags": {"tenant": [{"S": VICTIM}], "role": ["member"]}}},
        "the tags as a list": {TAGS: [{"tenant": VICTIM}]},
        "another tenant in the flattened form": {_FLAT: VICTIM},
        "a transitive key that is no tag": {TAGS: _proper(transitive_tag_keys=["other"])},
    }
    for name, claims in forms.items():
        act = exchanges(_made(lambda api, claims=claims: api.forged(**claims)))  # type: ignore[misc]
        yield _cell(f"claims of the token: {name}", act, Control.STS_TOKEN)
    transitive = exchanges(_signed(_proper(transitive_tag_keys=["tenant", "role"])))
    yield _cell("claims of the token: transitive tags", transitive, Control.TRUST_TRANSITIVE_TAGS)
    long = exchanges(DurationSeconds=7200)
    yield _cell("for two hours", long, Control.STS_PARAMETERS)


def _proper(**more: Any) -> dict[str, Any]:
    return {"principal_tags": {key: [value] for key, value in PROPER.items()}, **more}


def _under_other_names() -> Iterator[Cell]:
    """Return sessions that would be called as another tenant's or role's, in every log and to whoever keeps them."""
    names = (f"{VICTIM}.member", f"{ATTACKER}.admin", ATTACKER, f"{OWN_NAME}.", f"{ATTACKER}-member", "ACME.member",
             f"{OWN_NAME},{VICTIM}.member", "attack")  # fmt: skip
    for name in names:
        yield _cell(f"named {name}", exchanges(RoleSessionName=name), Control.TRUST_SESSION_NAME)


def _for_another_client() -> Cell:
    """Return a token of another client of the pool, which IAM's provider knows as well: the trust tells them apart."""

    def act(world: World) -> Outcome:
        token = _made(lambda api: api.forged(aud=_OTHER_CLIENT))
        with provider_of(world, more_clients=[_OTHER_CLIENT]):
            return call_aws(lambda: exchanged(world, token))

    return _cell("a token of another client that the provider knows", act, Control.TRUST_AUDIENCE, harms=True)


@contextmanager
def provider_of(world: World, *, more_clients: list[str] | None = None) -> Iterator[None]:
    """Let IAM know the user pool with more clients for as long; or, with None, not know it at all."""
    iam = world.operator("iam")
    arns = [each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    (arn,) = [each for each in arns if each.endswith(f"/{world.stage.user_pool_id}")]
    before = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    made = {
        "Url": f"https://{arn.partition(':oidc-provider/')[2]}",
        "ThumbprintList": before["ThumbprintList"],
        "ClientIDList": before["ClientIDList"],
        "Tags": before.get("Tags", []),
    }
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    try:
        if more_clients is not None:
            iam.create_open_id_connect_provider(**made | {"ClientIDList": [*made["ClientIDList"], *more_clients]})
        yield
    finally:
        if more_clients is not None:
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        iam.create_open_id_connect_provider(**made)
