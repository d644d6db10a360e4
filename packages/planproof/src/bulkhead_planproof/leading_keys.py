"""What a statement's conditions say of the partition keys that a request names, `dynamodb:LeadingKeys`.

Source: AWS, "Using IAM policy conditions for fine-grained access control"
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html), and "Single-valued vs.
multivalued context keys" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_planproof.patterns import Tokens, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.statements import ConditionRow

LEADING_KEYS = "dynamodb:LeadingKeys"
LEADING_KEY_NAMES = frozenset(("dynamodb:leadingkeys", "dynamodb:firstpartitionkeyvalues"))  # AWS: exchangeable
_POSITIVE = frozenset(("StringEquals", "StringLike"))


@dataclass(frozen=True, slots=True)
class LeadingKeys:
    """What is demanded of leading keys.

    `every` has, for each condition that all keys must meet, the patterns of which each key must match one. `some` has
    those of conditions that one key may meet for all the others. `guarded` tells whether there must be a key: an empty
    one is none to AWS, but meets a condition without a prefix that names the empty value.
    """

    every: tuple[tuple[Tokens, ...], ...]
    some: tuple[tuple[Tokens, ...], ...]
    guarded: bool


def leading_keys(conditions: Iterable[ConditionRow]) -> LeadingKeys:
    """Read the conditions on leading keys; what is not understood demands nothing."""
    every, some, guarded = [], [], False
    for row in conditions:
        if row.key not in LEADING_KEY_NAMES:
            continue
        if row.operator == "Null" and row.quantifier is None:
            guarded |= row.values == ("false",)
        elif row.operator in _POSITIVE and row.values:
            wildcards = row.operator == "StringLike"
            patterns = tuple(tokens_of(each, variables=row.variables, wildcards=wildcards) for each in row.values)
            if row.quantifier == "ForAllValues":
                every.append(patterns)
            else:  # ForAnyValue; or none, of which AWS does not say what it means for several keys
                some.append(patterns)
                guarded |= not row.if_exists and (row.quantifier is not None or "" not in row.values)
    return LeadingKeys(tuple(every), tuple(some), guarded)
