"""Random requests near a policy: most are about what one of its statements is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_iam import Principal, Request
from bulkhead_iam.documents import as_list
from bulkhead_iam.folding import ascii_lower
from planproof_testing import vocabulary as words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bulkhead_iam import ContextValue
    from planproof_testing.dice import Dice
    from planproof_testing.random_policies import Document

SESSION = Principal.from_arn(f"arn:aws:sts::{words.ACCOUNT}:assumed-role/app-TenantRole/a-session")
_VARIABLE = re.compile(r"\$\{([^},]*)(?:, '([^']*)')?\}")
_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a session: with this tag or, for None, without it; `keys` are None for an action that has none."""

    action: str
    resource: str
    tag: str | None
    keys: tuple[str, ...] | None
    others: tuple[tuple[str, ContextValue], ...]

    def request(self) -> Request:
        """Return it as the evaluator takes it; DynamoDB gives both keys that mean the same the same values."""
        context = dict(self.others)
        if self.tag is not None:
            context[words.TENANT_TAG] = self.tag
        if self.keys is not None:
            context["dynamodb:LeadingKeys"] = context["dynamodb:FirstPartitionKeyValues"] = self.keys
        return Request(SESSION, self.action, self.resource, context)


@dataclass(frozen=True, slots=True)
class _About:
    """What requests near a statement are made of: wildcards and variables of its keys and tags are filled later."""

    actions: Sequence[str]
    resources: Sequence[str]
    patterns: Sequence[str]
    tags: Sequence[str]


class RequestMaker:
    """Makes requests near a document; two in three differ from what one of its Allow statements is about by chance."""

    def __init__(self, document: Document, dice: Dice) -> None:
        self._dice = dice
        self._variables = document.get("Version") == "2012-10-17"  # in an older version they are mere text
        statements = as_list(document["Statement"])
        self._about = [self._read(each) for each in statements]
        self._allowing = [
            about for about, each in zip(self._about, statements, strict=True) if each["Effect"] == "Allow"
        ]
        self._actions = [*(each for about in self._about for each in about.actions), *words.ASKED_ACTIONS]
        self._resources = [*(each for about in self._about for each in about.resources), *words.ASKED_RESOURCES]

    def one(self) -> Asked:
        """Return one request."""
        return self._near() if self._dice.chance(0.86) else self._far()

    def of_session(self, tag: str | None) -> Asked:
        """Return a request of a session with this tag, for its own keys or another's, on the table or beside it."""
        dice = self._dice
        about = dice.one(self._allowing)
        owners = [dice.one(words.TENANTS) if dice.chance(0.4) else tag or "" for _ in range(dice.one(words.COUNTS))]
        keys = [key for each in owners if (key := self._key(about.patterns, each))]
        action = dice.one(about.actions if dice.chance(0.8) else words.ASKED_ACTIONS)
        resource = dice.one(about.resources if dice.chance(0.5) else words.ASKED_RESOURCES)
        others = words.OTHER_CONTEXTS[0] if dice.chance(0.5) else dice.one(words.OTHER_CONTEXTS)
        return Asked(action, resource, tag, None if dice.chance(0.15) else tuple(keys), others)

    def _near(self) -> Asked:
        dice = self._dice
        about = dice.one(self._allowing)
        tag = self._filled(dice.one(about.tags), "acme") if about.tags else dice.one(words.TENANTS)
        owner = tag if dice.chance(0.93) else dice.one(words.TENANTS)
        keys = tuple([self._key(about.patterns, owner) for _ in range(dice.one(words.COUNTS))])
        return Asked(dice.one(about.actions), dice.one(about.resources), tag, keys, words.OTHER_CONTEXTS[0])

    def _far(self) -> Asked:
        dice = self._dice
        tag, about = dice.one(words.TAGS), dice.one(self._about)
        keys = tuple([self._key(about.patterns, dice.one(words.TENANTS)) for _ in range(dice.below(4))])
        keyless = dice.chance(0.3)
        resource, others = dice.one(self._resources), dice.one(words.OTHER_CONTEXTS)
        return Asked(dice.one(self._actions), resource, tag, None if keyless else keys, others)

    def _read(self, statement: Document) -> _About:
        dice = self._dice
        rows = [
            (ascii_lower(key), value) for keys in statement.get("Condition", {}).values() for key, value in keys.items()
        ]
        actions = _texts(statement.get("Action", [])) * 2
        resources = _texts(statement.get("Resource", [])) * 2
        return _About(
            [self._filled(each, "") for each in actions] or [dice.one(words.ASKED_ACTIONS) for _ in "123"],
            [self._filled(_completed(each), dice.one(words.TENANTS)) for each in resources]
            or [dice.one(words.ASKED_RESOURCES) for _ in "123"],
            [text for key, values in rows if key in words.KEYS_OF_ITEMS for text in _texts(values)],
            [text for key, values in rows if key == ascii_lower(words.TENANT_TAG) for text in _texts(values)],
        )

    def _key(self, patterns: Sequence[str], tenant: str) -> str:
        if patterns and self._dice.chance(0.94):
            return self._filled(self._dice.one(patterns), tenant)
        return tenant + self._dice.one(words.BEHIND)

    def _filled(self, text: str, tenant: str) -> str:
        """Return the text with something for each of its variables and wildcards."""
        if self._variables:
            text = _VARIABLE.sub(lambda found: self._value(found[1], found[2], tenant), text)
        return _WILDCARD.sub(self._filling, text)

    def _filling(self, found: re.Match[str]) -> str:
        return self._dice.one(words.FILLINGS if found[0] == "*" else "xa:#")

    def _value(self, name: str, default: str | None, tenant: str) -> str:
        if ascii_lower(name) == ascii_lower(words.TENANT_TAG):
            return tenant or default or ""
        return name if name in {"*", "?", "$"} else self._dice.one(("acme", "o1", words.ACCOUNT))


def _completed(arn: str) -> str:
    """Return an ARN with all of its segments, which a policy may leave out."""
    return ":".join([*arn.split(":"), *words.ARN.split(":")[arn.count(":") + 1 :]]) if arn != "*" else words.ARN


def _texts(values: Any) -> list[str]:
    return [each for each in as_list(values) if isinstance(each, str)]
