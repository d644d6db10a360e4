"""Random trust in tokens: statements that open sessions and tag them, as people write them and as nobody should."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from bulkhead_iam import Policy, PolicyKind, PolicySet, Principal, Request, evaluate
from planproof_testing.plans import ACCOUNT
from planproof_testing.web_identities import AUDIENCE, CLIENT, ENDPOINT, PROVIDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bulkhead_iam import ContextValue
    from planproof_testing.dice import Dice

Conditions = dict[str, dict[str, Any]]

ANOTHER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/accounts.example.com"
_FOREIGN = "vpce-0123456789abcdef0"
_ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/app-TenantRole"
_ENDPOINTS = (ENDPOINT, _FOREIGN, "vpce-0ffffffffffffffff", None)
_PROVIDERS: tuple[Any, ...] = (*(PROVIDER,) * 8, [PROVIDER, ANOTHER], ANOTHER)
_AUDIENCES: tuple[Conditions, ...] = (
    *({"StringEquals": {AUDIENCE: CLIENT}},) * 6,
    {"StringEquals": {AUDIENCE.upper(): [CLIENT]}},
    {"StringEquals": {AUDIENCE: [CLIENT, "another"]}},
    {"StringEqualsIfExists": {AUDIENCE: CLIENT}},
    {"ForAllValues:StringEquals": {AUDIENCE: CLIENT}},
    {"ForAllValues:StringEquals": {"cognito-identity.amazonaws.com:aud": CLIENT}},
    {"StringLike": {AUDIENCE: "*"}},
    {"StringLike": {AUDIENCE: CLIENT}},
    {"StringNotEquals": {AUDIENCE: "another"}},
    {"Null": {AUDIENCE: "false"}},
    {},
)
_SOURCES: tuple[Conditions, ...] = (
    *({"StringEquals": {"aws:SourceVpce": ENDPOINT}},) * 6,
    {"StringEquals": {"AWS:sourcevpce": [ENDPOINT]}},
    {"StringEquals": {"aws:SourceVpce": [ENDPOINT, _FOREIGN]}},
    {"StringEquals": {"aws:SourceVpce": _FOREIGN}},
    {"StringEqualsIfExists": {"aws:SourceVpce": ENDPOINT}},
    {"ForAllValues:StringEquals": {"aws:SourceVpce": ENDPOINT}},
    {"ForAnyValue:StringEquals": {"aws:SourceVpce": ENDPOINT}},
    {"StringLike": {"aws:SourceVpce": "*"}},
    {"StringLike": {"aws:SourceVpce": "vpce-0*"}},
    {"StringNotEquals": {"aws:SourceVpce": _FOREIGN}},
    {"Null": {"aws:SourceVpce": "false"}},
    {},
)


def statements(dice: Dice, tags: Conditions) -> list[dict[str, Any]]:
    """Return statements for sessions and for their tags, or one for both; each has the conditions on tags."""
    rows = _merged(dice.one(_AUDIENCES), dice.one(_SOURCES))
    opening, tagging = "sts:AssumeRoleWithWebIdentity", "sts:TagSession"
    if dice.chance(0.3):
        return [_allowing([opening, tagging], dice.one(_PROVIDERS), _merged(rows, tags))]
    others = rows if dice.chance(0.7) else _merged(dice.one(_AUDIENCES), dice.one(_SOURCES))
    return [
        _allowing(opening, dice.one(_PROVIDERS), _merged(rows, tags)),
        _allowing(tagging, dice.one(_PROVIDERS), _merged(others, tags)),
    ]


def _allowing(actions: str | list[str], provider: Any, conditions: Conditions) -> dict[str, Any]:
    allowing = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions}
    return {**allowing, "Condition": conditions} if conditions else allowing


def _merged(*several: Mapping[str, Mapping[str, Any]]) -> Conditions:
    merged: Conditions = {}
    for conditions in several:
        for operator, keys in conditions.items():
            merged.setdefault(operator, {}).update(keys)
    return merged


def opened(
    trust: Mapping[str, Any], context: Mapping[str, ContextValue]
) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield whose tokens the evaluator lets open a session in a context: provider, audience, and endpoint or None."""
    policies = PolicySet((), Policy.parse(trust, kind=PolicyKind.TRUST), resource_account=ACCOUNT)
    actions = ("sts:AssumeRoleWithWebIdentity", *(["sts:TagSession"] if context else []))
    for provider, client, source in product((PROVIDER, ANOTHER), (CLIENT, "another"), _ENDPOINTS):
        name = provider.partition("/")[2]
        asked = {**context, f"{name}:aud": client, **({} if source is None else {"aws:SourceVpce": source})}
        principal = Principal.from_arn(provider)
        if all(evaluate(Request(principal, each, _ROLE_ARN, asked), policies).allowed for each in actions):
            yield provider, client, source
