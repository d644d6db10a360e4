"""Random identity-based policies, as people write them and as nobody does: for tests that hold two readings together.

Every document is one that AWS takes. Half of the Allow statements are like that of a sound tenant role, with a change
here and there, as a policy of wild parts only is seldom about the same thing as a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planproof_testing import vocabulary as words

if TYPE_CHECKING:
    from collections.abc import Callable

    from planproof_testing.dice import Dice

Document = dict[str, Any]
Row = tuple[str, str, Any]


class PolicyMaker:
    """Makes documents of one random source."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._changes: tuple[Callable[[Document], None], ...] = (
            *(self._other_actions, self._other_resources, self._other_keys, self._one_pattern_more),
            *(self._other_guard, self._one_row_more, lambda _statement: None),
        )

    def document(self, *, most: int = 4, wild: float = 0.4) -> Document:
        """Return a policy of at most `most` statements; `wild` is the share of Allow statements without a model."""
        version = self._dice.one(words.VERSIONS)
        more = range(self._dice.below(most))
        statements = [
            self._allow(wild),
            *(self._deny() if self._dice.chance(0.25) else self._allow(wild) for _ in more),
        ]
        alone = len(statements) == 1 and self._dice.chance(0.3)
        document: Document = {"Statement": statements[0] if alone else statements}
        return document if version is None else {"Version": version, **document}

    def _allow(self, wild: float) -> Document:
        if self._dice.chance(wild):
            return self._wild("Allow", conditional=0.75)
        statement: Document = {
            "Effect": "Allow",
            "Action": self._dice.some(words.ITEM_ACTIONS, 3),
            "Resource": words.ARN,
            "Condition": {
                "ForAllValues:StringLike": {words.LEADING_KEYS: [words.SOUND_PATTERN]},
                "Null": {words.LEADING_KEYS: "false"},
            },
        }
        for _ in range(self._dice.below(3)):
            self._dice.one(self._changes)(statement)
        return statement

    def _deny(self) -> Document:
        if self._dice.chance(0.5):
            return self._wild("Deny", conditional=0.3)
        resource = "NotResource" if self._dice.chance(0.2) else "Resource"
        return {
            "Effect": "Deny",
            "Action": self._dice.some(words.ACTIONS, 2),
            resource: self._dice.one(words.PLAIN_ARNS),
        }

    def _wild(self, effect: str, *, conditional: float) -> Document:
        statement: Document = {"Effect": effect}
        self._other_actions(statement)
        self._other_resources(statement)
        if self._dice.chance(conditional):
            statement["Condition"] = {}
            for _ in range(self._dice.one(words.ROWS)):
                _add(statement["Condition"], self._row())
        return statement

    def _other_actions(self, statement: Document) -> None:
        for name in ("Action", "NotAction"):
            statement.pop(name, None)
        statement["NotAction" if self._dice.chance(0.2) else "Action"] = self._dice.some(words.ACTIONS, 4)

    def _other_resources(self, statement: Document) -> None:
        for name in ("Resource", "NotResource"):
            statement.pop(name, None)
        values = self._dice.some([self._arn() for _ in range(3)], 3)
        statement["NotResource" if self._dice.chance(0.2) else "Resource"] = values

    def _other_keys(self, statement: Document) -> None:
        statement["Condition"].pop("ForAllValues:StringLike", None)
        _add(statement["Condition"], self._keys_row())

    def _one_pattern_more(self, statement: Document) -> None:
        patterns = [words.SOUND_PATTERN, self._dice.one(words.PATTERNS)]
        statement["Condition"]["ForAllValues:StringLike"] = {words.LEADING_KEYS: patterns}

    def _other_guard(self, statement: Document) -> None:
        statement["Condition"].pop("Null", None)
        if self._dice.chance(0.5):
            _add(statement["Condition"], self._guard())

    def _one_row_more(self, statement: Document) -> None:
        _add(statement["Condition"], self._row())

    def _arn(self) -> str:
        """Return a value of Resource: `*`, an ARN, or a short one."""
        one = self._dice.one
        if self._dice.chance(0.15):
            return "*"
        if self._dice.chance(0.5):
            return words.ARN.replace("table/app", one(words.PARTS))
        segments = ["arn", one(words.PARTITIONS), one(words.SERVICES), one(words.REGIONS), one(words.ACCOUNTS)]
        return ":".join([*segments, one(words.PARTS)][: one(words.LENGTHS)])

    def _row(self) -> Row:
        kinds = (self._keys_row, self._keys_row, self._guard, self._tag_row, self._tag_row, self._other_row)
        return self._dice.one(kinds)()

    def _keys_row(self) -> Row:
        return self._operator(0.1), self._dice.one(words.KEYS), self._dice.some(words.PATTERNS, 3)

    def _guard(self) -> Row:
        prefix = self._dice.one(words.QUANTIFIERS) if self._dice.chance(0.1) else ""
        return f"{prefix}Null", self._dice.one(words.KEYS), self._dice.one(words.GUARDS)

    def _tag_row(self) -> Row:
        key = self._dice.one(words.TAG_KEYS)
        if self._dice.chance(0.2):
            return "Null", key, self._dice.one(words.GUARDS)
        return self._operator(0.4, quantified=0.4), key, self._dice.some(words.TAG_VALUES, 3)

    def _other_row(self) -> Row:
        return self._dice.one(words.OTHER_ROWS)

    def _operator(self, negated: float, quantified: float = 1.0) -> str:
        quantifier = self._dice.one(words.QUANTIFIERS) if self._dice.chance(quantified) else ""
        base = self._dice.one(words.NEGATED if self._dice.chance(negated) else words.STRINGS)
        return quantifier + base + ("IfExists" if self._dice.chance(0.15) else "")


def _add(condition: Document, row: Row) -> None:
    """Add a row; AWS takes no key twice in one operator, in whatever case."""
    operator, key, values = row
    keys = condition.setdefault(operator, {})
    if key.lower() not in {each.lower() for each in keys}:
        keys[key] = values
