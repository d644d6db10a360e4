"""Contexts of requests with which conditions may hold: what a counterexample leaves open.

The evaluator decides whether they do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import parse_template
from bulkhead_planproof.leading_keys import LEADING_KEY_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bulkhead_iam import ContextValue
    from bulkhead_planproof.statements import ConditionRow, Statement

#: What AWS takes from the caller: a value that a policy wishes for is not invented.
_OF_THE_CALLER = frozenset(("aws:principalarn", "aws:principaltype", "aws:principalaccount"))
#: From where a request comes: any caller may choose that.
_OF_THE_NETWORK = frozenset(("aws:sourcevpce", "aws:sourcevpc"))
_WITH_WILDCARDS = frozenset(("StringLike", "ArnLike", "ArnEquals", "StringNotLike", "ArnNotLike", "ArnNotEquals"))


def satisfying(conditions: Iterable[ConditionRow], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return a context that has what is given, and for other keys a value with which the conditions may hold."""
    context = dict(given)
    fixed = {ascii_lower(key) for key in given} | LEADING_KEY_NAMES | _OF_THE_CALLER
    spelled: dict[str, str] = {}  # one condition may write a key in another case than the next
    for row in sorted(conditions, key=lambda each: "${" in "".join(each.values)):  # of values that others have
        if row.key in fixed or row.if_exists or row.quantifier == "ForAllValues":  # these hold without the key
            continue
        name = spelled.setdefault(row.key, row.name)
        if row.operator == "Null":
            if row.values == ("false",):
                context.setdefault(name, "x")
        elif "Not" not in row.operator and row.values:
            value = _literal(row, context)
            context[name] = (value,) if row.quantifier else value
    return context


def sparing(statements: Iterable[Statement], given: Mapping[str, ContextValue]) -> dict[str, ContextValue]:
    """Return a context that has what is given, and comes from where Deny statements spare a request."""
    context = dict(given)
    open_keys = _OF_THE_NETWORK - {ascii_lower(key) for key in given}
    for row in (row for each in statements if not each.allows for row in each.conditions):
        if row.key in open_keys and "Not" in row.operator and row.values:
            context[row.name] = _literal(row, context)
            open_keys -= {row.key}
    return context


def _literal(row: ConditionRow, context: Mapping[str, ContextValue]) -> str:
    """Return the first value of a condition, with its variables replaced where they have a value, without wildcards."""
    template = parse_template(row.values[0], element=row.name, variables=row.variables, wildcards=False)
    value = template.literal({ascii_lower(key): value for key, value in context.items()}) or row.values[0]
    return value.replace("*", "").replace("?", "a") if row.operator in _WITH_WILDCARDS else value
