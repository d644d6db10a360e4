"""The `Condition` element: operators, keys, set prefixes and `IfExists`, compiled to functions of the context.

Sources, all under https://docs.aws.amazon.com/IAM/latest/UserGuide/:
reference_policies_elements_condition_operators.html (absent keys, IfExists, Null),
reference_policies_condition-single-vs-multi-valued-context-keys.html (ForAllValues, ForAnyValue), and
access-analyzer-reference-policy-checks.html (empty lists and objects, Null with a set prefix).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bulkhead_iam.comparisons import Reading
from bulkhead_iam.documents import as_list, mapping, scalar_list
from bulkhead_iam.errors import PolicyError
from bulkhead_iam.folding import ascii_lower, broad_fold
from bulkhead_iam.keys import DoubtfulKeyError, exact, spelled
from bulkhead_iam.operators import find_operator, value_test
from bulkhead_iam.quantifiers import (
    Check,
    all_values,
    any_value,
    constant,
    if_exists,
    no_values,
    null,
    one_value,
)
from bulkhead_iam.variables import Context, ContextValue, Template

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?", re.DOTALL)
_KEY = re.compile(r"[^:\s]+:.+", re.DOTALL)
_TAG_KEYS = frozenset(("aws:principaltag", "aws:requesttag", "aws:resourcetag"))


@dataclass(frozen=True, slots=True)
class UnmetCondition:
    """A condition that kept an otherwise matching Allow statement from applying.

    `wanted` holds the policy's values, with variables replaced where they have a value; `actual` is the
    request's value, None where the request has no such key.
    """

    statement: str
    operator: str
    key: str
    wanted: tuple[str, ...]
    actual: ContextValue | None

    def __str__(self) -> str:
        wanted = " or ".join(map(repr, self.wanted)) or "nothing"
        values = () if self.actual is None else as_list(self.actual)
        actual = ", ".join(map(repr, values)) or ("absent" if self.actual is None else "empty")
        return f"{self.statement}: {self.operator} {self.key} {wanted}, but it is {actual}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator, one key and its values; `holds` takes the context with keys in lower case.

    `holds` raises DoubtfulKeyError where the request has a key that may or may not be the one that is asked for.
    """

    operator: str
    key: str
    values: tuple[Template, ...]
    holds: Check

    def met(self, context: Context, *, doubt: bool) -> bool:
        """Tell whether the condition holds; `doubt` is the answer where nobody knows which key it asks for."""
        try:
            return self.holds(context)
        except DoubtfulKeyError:
            return doubt

    def unmet(self, statement: str, context: Context) -> UnmetCondition:
        """Describe the condition beside what the request has."""
        has = exact(context)
        wanted = tuple([value.shown(has) for value in self.values])
        return UnmetCondition(statement, self.operator, self.key, wanted, has.get(ascii_lower(self.key)))


class ConditionRules(NamedTuple):
    """What the compilation of conditions needs to know of the statement around them."""

    denies: bool
    variables: bool
    accept_mistyped: bool


def compile_conditions(block: Any, element: str, rules: ConditionRules) -> tuple[Condition, ...]:
    """Compile the `Condition` element; all of the conditions must hold.

    Of an empty object Access Analyzer says "the statement has no effect on the policy", while the grammar
    knows no such object: it is a condition in doubt, which keeps an Allow from applying but not a Deny.

    Raises PolicyError, and UnsupportedConditionError for an unknown operator.
    """
    conditions: list[Condition] = []
    for name, keys in mapping(block, element).items():
        path = f"{element}.{name}"
        _refuse_duplicates(mapping(keys, path), path)
        conditions.extend(_compile(name, key, values, path, rules) for key, values in keys.items())
        if not keys:
            conditions.append(Condition(name, "(no key)", (), constant(holds=rules.denies)))
    if not conditions:
        conditions.append(Condition("Condition", "(empty)", (), constant(holds=rules.denies)))
    return tuple(conditions)


def _refuse_duplicates(keys: Mapping[str, Any], path: str) -> None:
    """Refuse one key in two spellings (Access Analyzer, "Duplicate keys with different case")."""
    seen: set[str] = set()
    for key in keys:
        if broad_fold(key) in seen:
            raise PolicyError(path, key, "stands twice in the condition, in different case")
        seen.add(broad_fold(key))


def _compile(name: str, key: str, raw: Any, path: str, rules: ConditionRules) -> Condition:
    _check_key(key, path)
    element = f"{path}.{key}"
    values = scalar_list(raw, element)
    reading = Reading(element, rules.variables, doubt=rules.denies, accept_mistyped=rules.accept_mistyped)
    holds = _check(name, ascii_lower(key), values, path, reading)
    if not (key.isascii() and all(map(str.isascii, values))):  # a value may hold a variable
        holds = _in_every_spelling(holds)
    return Condition(name, key, tuple(_shown(value, reading) for value in values), holds)


def _in_every_spelling(check: Check) -> Check:
    return lambda context: check(spelled(context))


def _shown(value: str, reading: Reading) -> Template:
    """Return a value as people shall read it; one that was accepted though mistyped stands for itself."""
    try:
        return reading.template(value, wildcards=False)
    except PolicyError:
        return Template(value, (value,))


def _check_key(key: str, path: str) -> None:
    """Refuse what is no condition key; key names are not case-sensitive, tag keys included."""
    if not _KEY.fullmatch(key):
        raise PolicyError(path, key, "is not a condition key of the form service:name")
    if broad_fold(key).rstrip("/") in _TAG_KEYS:
        raise PolicyError(path, key, "lacks the tag key that it is about")


def _check(name: str, key: str, values: Sequence[str], path: str, reading: Reading) -> Check:
    parts = _OPERATOR.fullmatch(name)
    prefix, base, suffix = parts.groups() if parts else (None, name, None)
    if base == "Null":
        if suffix:
            raise PolicyError(path, name, "combines Null with IfExists")
        return null(key, _null_values(values, reading), prefix, doubt=reading.doubt)
    compiled = find_operator(base, path)
    if not values:
        return no_values(key, prefix, if_exists=bool(suffix), doubt=reading.doubt)
    test = value_test(compiled, values, reading)
    if prefix == "ForAllValues":
        check = all_values(key, test)
    elif prefix == "ForAnyValue":
        check = any_value(key, test)
    else:
        check = one_value(key, test, negated=compiled.negated, names_empty="" in values, doubt=reading.doubt)
    return if_exists(key, check, doubt=reading.doubt) if suffix else check


def _null_values(values: Sequence[str], reading: Reading) -> frozenset[str]:
    for value in values:
        if value not in {"true", "false"}:
            reading.mistyped(value, '"true" or "false"')
    return frozenset(values)
