"""From the test of one value to a condition on a key, which the request may lack or hold several values of.

A key whose only value is the empty string is null to AWS, like an absent one. "Doubt" is what a condition
counts as where AWS's documentation is silent: false in an Allow statement, true in a Deny statement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bulkhead_iam.variables import Context, ContextValue

if TYPE_CHECKING:
    from bulkhead_iam.comparisons import Test

Check = Callable[[Context], bool]

_BOOLEANS = frozenset(("true", "false"))


def constant(*, holds: bool) -> Check:
    """Return the condition that holds always or never."""
    return lambda _context: holds


def is_null(value: ContextValue | None) -> bool:
    """Tell whether a key is absent, or has no value but the empty string."""
    return not value or not any(value)


def all_values(key: str, test: Test) -> Check:
    """ForAllValues: every value of the key passes; true when there is none."""

    def holds(context: Context) -> bool:
        value = context.get(key)
        if not value:
            return True
        passes = test(context)
        for one in (value,) if isinstance(value, str) else value:
            if not passes(one):
                return is_null(value)
        return True

    return holds


def any_value(key: str, test: Test) -> Check:
    """ForAnyValue: at least one value of the key passes; false when there is none."""

    def holds(context: Context) -> bool:
        value = context.get(key)
        if is_null(value):
            return False
        passes = test(context)
        return passes(value) if isinstance(value, str) else any(passes(one) for one in value or ())

    return holds


def one_value(key: str, test: Test, *, negated: bool, names_empty: bool, doubt: bool) -> Check:
    """Return the plain condition: without the key, an affirmative operator fails and a negated one holds.

    Two cases are documented nowhere. A key with several values "requires a condition set operator": without
    one, all values must agree, else there is doubt. An empty value is null elsewhere, yet AWS's example of
    StringLike names "" among the values of s3:prefix to match it: so it matches where the policy
    names it (`names_empty`); else it counts as absent and as a value, and where the two differ there is doubt.
    """

    def empty_value(context: Context) -> bool:
        passes = test(context)("")
        return passes if names_empty or passes is negated else doubt

    def holds(context: Context) -> bool:
        value = context.get(key)
        if value.__class__ is str:
            return test(context)(value) if value else empty_value(context)
        if not value:
            return negated
        return _agreement([test(context)(one) if one else empty_value(context) for one in value], doubt=doubt)

    return holds


def _agreement(results: Sequence[bool], *, doubt: bool) -> bool:
    return any(results) if doubt else all(results)


def if_exists(key: str, check: Check, *, doubt: bool) -> Check:
    """…IfExists: true without the key.

    Whether a key exists whose value is empty, or a list without values, is not documented: doubt, if it matters.
    """

    def holds(context: Context) -> bool:
        value = context.get(key)
        if value is None:
            return True
        return check(context) or (doubt and is_null(value))

    return holds


def null(key: str, values: frozenset[str], prefix: str | None, *, doubt: bool) -> Check:
    """Null: "true" wants the key absent or empty, "false" wants it to have a value.

    Access Analyzer on set prefixes ("Null with qualifier"): "they always return a true or false
    respectively". A list without a valid value is in doubt.
    """
    if prefix is not None:
        return constant(holds=prefix == "ForAllValues")
    undecided = doubt and (not values or not values <= _BOOLEANS)

    def holds(context: Context) -> bool:
        return ("true" if is_null(context.get(key)) else "false") in values or undecided

    return holds


def no_values(key: str, prefix: str | None, *, if_exists: bool, doubt: bool) -> Check:
    """Return the condition with an empty list of values (Access Analyzer, "Empty array condition" and following).

    ForAllValues and IfExists then match "only if the key is missing from the request context", ForAnyValue
    never. Without either, "the condition returns true and the policy statement provides no permissions": doubt.
    """

    def holds(context: Context) -> bool:
        value = context.get(key)
        if if_exists:
            return value is None or (doubt and is_null(value))
        if prefix is None:
            return doubt
        return prefix == "ForAllValues" and is_null(value)

    return holds
