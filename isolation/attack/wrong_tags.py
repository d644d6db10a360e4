"""Tags with which no session may be opened, whoever passes them: a caller to AssumeRole, or a token."""

from __future__ import annotations

from typing import NamedTuple

from isolation.attack.controls import Control
from isolation.attack.outcomes import ATTACKER, VICTIM

_TENANT, _GRAMMAR = Control.TRUST_TENANT_TAG, Control.TRUST_TENANT_GRAMMAR
_ROLE, _KEYS, _STS = Control.TRUST_ROLE_TAG, Control.TRUST_TAG_KEYS, Control.STS_PARAMETERS


class WrongTags(NamedTuple):
    """Tags as pairs of key and value, and the controls that refuse them where they are passed to AssumeRole."""

    name: str
    pairs: tuple[tuple[str, str], ...]
    controls: frozenset[Control]

    @property
    def is_of_the_tenant(self) -> bool:
        """Whether the tag role is as it should be, so that it is the rest that refuses."""
        return dict(self.pairs).get("role") == PROPER["role"]

    @property
    def repeats(self) -> bool:
        """Whether a key is there twice, letter by letter."""
        return len(dict(self.pairs)) < len(self.pairs)


#: The tags of the attacker's own member.
PROPER = {"tenant": ATTACKER, "role": "member"}


def _wrong(name: str, *controls: Control, tags: dict[str, str], more: tuple[tuple[str, str], ...] = ()) -> WrongTags:
    return WrongTags(name, (*tags.items(), *more), frozenset(controls))


def _tenant(name: str, value: str, control: Control) -> WrongTags:
    return _wrong(name, control, tags={"tenant": value, "role": "member"})


WRONG_TAGS = (
    _wrong("no tags", _TENANT, _ROLE, tags={}),
    _wrong("no tag tenant", _TENANT, tags={"role": "member"}),
    _wrong("no tag role", _ROLE, tags={"tenant": ATTACKER}),
    _wrong("unknown role", _ROLE, tags={"tenant": ATTACKER, "role": "owner"}),
    _wrong("role in capitals", _ROLE, tags={"tenant": ATTACKER, "role": "ADMIN"}),
    _wrong("empty role", _ROLE, tags={"tenant": ATTACKER, "role": ""}),
    _wrong("two roles in one", _ROLE, tags={"tenant": ATTACKER, "role": "viewer admin"}),
    _wrong("tag Tenant", _KEYS, tags={"Tenant": ATTACKER, "role": "member"}),
    _wrong("tag Role", _KEYS, tags={"tenant": ATTACKER, "Role": "member"}),
    _wrong("extra tag", _KEYS, tags={**PROPER, "other": VICTIM}),
    _wrong("extra tag tenantID", _KEYS, tags={**PROPER, "tenantID": VICTIM}),
    _wrong("tenant twice, in other case", _STS, tags=PROPER, more=(("TENANT", VICTIM),)),
    _wrong("tenant twice", _STS, tags=PROPER, more=(("tenant", VICTIM),)),
    _tenant("tenant in capitals", "ACME", _GRAMMAR),
    _tenant("tenant with a capital", "Acme", _GRAMMAR),
    _tenant("tenant that is too short", "ac", _TENANT),
    _tenant("empty tenant", "", _TENANT),
    _tenant("tenant that is too long", "x" * 33, _GRAMMAR),
    _tenant("tenant that begins with '-'", "-acme", _GRAMMAR),
    _tenant("tenant that ends in '-'", "acme-", _GRAMMAR),
    *(_tenant(f"tenant with {character!r}", f"acme{character}x", _GRAMMAR) for character in "_.:/=+@ "),
    *(
        _tenant(f"tenant with {character!r}", f"acme{character}x", _STS)
        for character in ("*", "?", "#", "$", "\n", "'", '"', "{")
    ),
    _tenant("tenant as a policy variable", "${aws:username}", _STS),
    _tenant("tenant of 257 characters", "x" * 257, _STS),
)
#: A letter that is none of ASCII's.
BEYOND_ASCII = "\u0430cme"
