"""What the prover takes a policy to allow, by nothing but its own reading, and where that is meant to be exact.

A proof asks of all keys and sessions at once what is asked here of one: the languages of actions and resources, what
Deny statements refuse for certain, the values of the tag under which a statement applies, and the patterns of keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bulkhead_iam.documents import as_list
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import Variable
from bulkhead_planproof.languages import Language, contains
from bulkhead_planproof.leading_keys import LeadingKeys, leading_keys
from bulkhead_planproof.patterns import Tokens, language
from bulkhead_planproof.sessions import TagValues, tag_values
from bulkhead_planproof.statements import Statement, denied, read_statements
from planproof_testing import vocabulary as words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planproof_testing.random_policies import Document
    from planproof_testing.random_requests import Asked

_TAG = ascii_lower(words.TENANT_TAG)


class _Texts:
    """One language, asked the same few texts again and again."""

    __slots__ = ("_known", "_language")

    def __init__(self, language: Language) -> None:
        self._language = language
        self._known: dict[str, bool] = {}

    def has(self, text: str) -> bool:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = contains(self._language, text)
        return known


class _Key:
    """What one pattern of keys lets through, for each tag; a variable of another name stands for anything."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._bound: dict[str | None, _Texts | None] = {}

    def lets_through(self, key: str, tag: str | None) -> bool:
        if tag not in self._bound:
            self._bound[tag] = self._bind(tag)
        bound = self._bound[tag]
        return bound is not None and bound.has(key)

    def _bind(self, tag: str | None) -> _Texts | None:
        tokens: list[Any] = []
        for token in self._tokens:
            if isinstance(token, Variable) and token.key == _TAG:
                if (value := tag or token.default) is None:
                    return None
                tokens.append(value)
            else:
                tokens.append(token)
        return _Texts(language(tokens))


class _Allow:
    def __init__(self, statement: Statement) -> None:
        self.actions, self.resources = _Texts(statement.actions), _Texts(statement.resources)
        self._tags: TagValues = tag_values(statement.conditions, _TAG)
        self._tag_values = _Texts(self._tags.values)
        self._demanded: LeadingKeys = leading_keys(statement.conditions)
        self._every = [[_Key(each) for each in patterns] for patterns in self._demanded.every]
        self._some = [[_Key(each) for each in patterns] for patterns in self._demanded.some]

    def allows(self, asked: Asked) -> bool:
        return (
            self.actions.has(ascii_lower(asked.action))
            and self.resources.has(asked.resource)
            and self._admits(asked.tag)
            and self._lets_through(asked.keys or (), asked.tag)
        )

    def _admits(self, tag: str | None) -> bool:
        return self._tags.absent if tag is None else self._tag_values.has(tag)

    def _lets_through(self, keys: tuple[str, ...], tag: str | None) -> bool:
        """Keys that are all empty are like none to AWS, as above."""
        if not any(keys) and not self._demanded.guarded:
            return True
        if not keys:
            return False
        return all(
            all(any(each.lets_through(key, tag) for each in patterns) for key in keys) for patterns in self._every
        ) and all(any(each.lets_through(key, tag) for key in keys for each in patterns) for patterns in self._some)


class Reading:
    """A document as the prover reads it."""

    def __init__(self, document: Document) -> None:
        statements = read_statements(document, "a policy")
        self._denied = [(_Texts(actions), _Texts(resources)) for actions, resources in denied(statements)]
        self._allows = [_Allow(each) for each in statements if each.allows]

    def allows(self, asked: Asked) -> bool:
        """Tell whether a proof would reckon with this request being allowed."""
        action = ascii_lower(asked.action)
        if any(actions.has(action) and resources.has(asked.resource) for actions, resources in self._denied):
            return False
        return any(each.allows(asked) for each in self._allows)


_PLAIN_ARN = re.compile(r"\*|arn(?::[^:*?$]*){4}:[^$]*")
_KEY_OPERATOR = re.compile(r"(ForAllValues:|ForAnyValue:)?String(Equals|Like)(IfExists)?")
_TAG_OPERATOR = re.compile(r"(ForAllValues:|ForAnyValue:)?String(Not)?(Equals|Like)(IfExists)?")
_OTHER_VARIABLE = re.compile(r"\$\{(?!aws:principaltag/tenant[,}])", re.IGNORECASE)


class Exactness:
    """Where the reading claims to be exact, so that it must refuse what the evaluator refuses.

    Of a document: resources without variables, of six segments, with wildcards in the last one only; Deny statements
    without conditions; conditions on leading keys and on the tenant's tag only, with the operators for strings that
    heed case, or the guard; values without other variables than the tenant's tag, and without any on the tag itself; no
    condition without a prefix that names the empty value.

    Of a request: nothing in it is empty; and of several keys no condition speaks without ForAllValues or ForAnyValue.
    """

    def __init__(self, document: Document) -> None:
        statements = as_list(document["Statement"])
        self._exact = all(_is_exact(each) for each in statements)
        self._plain = any(
            ascii_lower(key) in words.KEYS_OF_ITEMS and not operator.startswith("For") and operator != "Null"
            for each in statements
            for operator, keys in each.get("Condition", {}).items()
            for key in keys
        )

    def covers(self, asked: Asked) -> bool:
        """Tell whether the reading is meant to be exact of the document and of this request."""
        if not self._exact or asked.tag == "":
            return False
        return asked.keys is None or (
            bool(asked.keys) and all(asked.keys) and not (self._plain and len(asked.keys) > 1)
        )


def _is_exact(statement: Mapping[str, Any]) -> bool:
    named = [*as_list(statement.get("Resource", [])), *as_list(statement.get("NotResource", []))]
    if not all(_PLAIN_ARN.fullmatch(each) for each in named):
        return False
    if statement["Effect"] == "Deny":
        return "Condition" not in statement and all(
            statement.get(name, True) != [] for name in ("NotAction", "NotResource")
        )
    if "Condition" not in statement:
        return True
    rows = [(operator, *row) for operator, keys in statement["Condition"].items() for row in keys.items()]
    return bool(rows) and all(_is_exact_row(*row) for row in rows)


def _is_exact_row(operator: str, key: str, raw: Any) -> bool:
    values = as_list(raw)
    of_items = ascii_lower(key) in words.KEYS_OF_ITEMS
    if not (of_items or ascii_lower(key) == _TAG):
        return False
    if operator == "Null":
        return raw in (("false", False) if of_items else ("false", False, "true", True))
    if not of_items:
        return bool(values and _TAG_OPERATOR.fullmatch(operator)) and not any("${" in each for each in values)
    if "" in values and not operator.startswith("For"):
        return False
    return bool(values and _KEY_OPERATOR.fullmatch(operator)) and not any(map(_OTHER_VARIABLE.search, values))
