"""What sessions of a plan's tenant role try, whether that crosses to others' data, and counterexamples tried afresh."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from bulkhead_iam import evaluate
from bulkhead_iam.documents import as_list
from bulkhead_iam.folding import ascii_lower
from bulkhead_planproof.findings import Claim
from planproof_testing import vocabulary as words
from planproof_testing.random_plans import GRAMMAR
from planproof_testing.random_requests import Asked, RequestMaker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_planproof.findings import Finding
    from planproof_testing.dice import Dice
    from planproof_testing.random_plans import RandomPlan

_TABLE = re.compile(r"arn:[^:]*:dynamodb:[^:]*:[^:]*:table/app(/.+)?")
_DATA_ACTION = re.compile(r"dynamodb:(?!Describe|List).+", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(?:([*?$])|[^}]*)\}")
_KEYED = frozenset(ascii_lower(each) for each in (*words.ITEM_ACTIONS, *words.KEYED_STATEMENTS))
_TENANT = re.compile(GRAMMAR)
_TENANT_TAG = ascii_lower(words.TENANT_TAG)
_MOST = 2_000


class Attempts:
    """Tries a plan; what opens no session tries nothing."""

    def __init__(self, plan: RandomPlan, dice: Dice) -> None:
        self._plan = plan
        self._dice = dice
        self._tags = [tag for tag in (*words.TAGS, "ACME", None, "") if plan.opens(tag)]
        self._makers = [RequestMaker(each, dice) for each in plan.documents]

    def some(self, count: int) -> Iterator[Asked]:
        """Yield requests: those that always carry a key with one, and no empty key, which DynamoDB has not."""
        for _ in range(count if self._tags else 0):
            asked = self._dice.one(self._makers).of_session(self._dice.one(self._tags))
            if asked.keys or ascii_lower(asked.action) not in _KEYED:
                yield asked

    def crosses(self, asked: Asked) -> bool:
        """Tell whether a request, if it is allowed, reaches what is not of the session's tenant alone.

        That is a key that does not name the session's tenant as its owner, or names another one as well; all items, by
        an action that needs no key; and an index, stream or backup of the table, whose leading keys are not its own.
        """
        table = _TABLE.fullmatch(asked.resource)
        if table is None or not _DATA_ACTION.fullmatch(asked.action):
            return False
        if table[1] is not None:
            return True
        if not asked.keys:
            return ascii_lower(asked.action) not in _KEYED
        return any(self._owners(key) != [asked.tag] for key in asked.keys)

    def _owners(self, key: str) -> list[str]:
        """Return all tenants whom a key may name as its owner."""
        plan = self._plan
        if not key.startswith(plan.prefix):
            return []
        rest = key.removeprefix(plan.prefix)
        ids = (rest[: found.start()] for found in re.finditer(re.escape(plan.delimiter), rest))
        return [each for each in ids if each and (_TENANT.fullmatch(each) or plan.opens(each))]

    def confirmed(self, finding: Finding) -> Asked | None:
        """Return a refutation's counterexample as a request that the evaluator allows to a session that opens.

        A counterexample says nothing of other keys that the policies name, nor, of other paths, of the session's tag:
        what the policies say there, and nothing, is tried. None if nothing of that is allowed.
        """
        example = finding.counterexample
        if example is None:
            return None
        tags: list[str | None] = [example.session]
        if example.session is None and finding.claim is Claim.NO_OTHER_PATH:
            tags = [*_options(self._plan, "").get(_TENANT_TAG, ()), *words.TENANTS]
        for tag in filter(self._plan.opens, dict.fromkeys(tags)):
            options = _options(self._plan, tag or "")
            options.pop(_TENANT_TAG, None)
            for values in islice(product(*options.values()), _MOST):
                others = tuple((key, value) for key, value in zip(options, values, strict=True) if value is not None)
                asked = Asked(example.action, example.resource, tag, example.keys, others)
                if evaluate(asked.request(), self._plan.attached).allowed:
                    return asked
        return None


def _options(plan: RandomPlan, tenant: str) -> dict[str, list[str | None]]:
    """Return for each key that a condition names, those of items apart, what it may be; None for its absence."""
    options: dict[str, list[str | None]] = {}
    statements = [each for document in plan.documents for each in as_list(document["Statement"])]
    for keys in (keys for each in statements for keys in each.get("Condition", {}).values()):
        for key, values in keys.items():
            if ascii_lower(key) not in words.KEYS_OF_ITEMS:
                known = [str(value) for others in words.OTHER_CONTEXTS for name, value in others if name == key]
                texts = [text for each in map(str, as_list(values)) for text in (each, _bound(each, tenant))]
                filled = [each.replace("*", "").replace("?", "a") for each in texts]
                options.setdefault(ascii_lower(key), [None]).extend(dict.fromkeys((*known, *texts, *filled)))
    return options


def _bound(text: str, tenant: str) -> str:
    return _VARIABLE.sub(lambda found: found[1] or tenant, text)
