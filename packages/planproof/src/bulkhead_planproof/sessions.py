"""Which tenants' sessions a role's trust policy can create: the values that the session tag may have.

Source: AWS, "Pass session tags in AWS STS" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import Variable
from bulkhead_planproof.languages import (
    ANYTHING,
    NOTHING,
    SOMETHING,
    Both,
    Characters,
    Either,
    Language,
    Not,
    Repeat,
    contains,
    word,
)
from bulkhead_planproof.patterns import language, tokens_of
from bulkhead_planproof.statements import ConditionRow, Statement, values_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_planproof.solver import Solver

# [\p{L}\p{Z}\p{N}_.:/=+\-@]*, up to 256; of what is beyond ASCII, all of it.
TAG_VALUE = Repeat(
    Characters(((32, 32), (43, 43), (45, 58), (61, 61), (64, 90), (95, 95), (97, 122), (128, 0x2FFFE))),
)
_ASSUME = word("sts:assumerole")
_WITH_A_TOKEN = Either((word("sts:assumerolewithsaml"), word("sts:assumerolewithwebidentity")))
#: What opens sessions.
OPENING = Either((_ASSUME, _WITH_A_TOKEN))
_TAG_SESSION = word("sts:tagsession")


@dataclass(frozen=True, slots=True)
class TagValues:
    """The values that a tag may have, the empty one included, and whether it may be missing."""

    values: Language
    absent: bool

    @property
    def valueless(self) -> bool:
        """Whether a variable for the tag may have no value but its default: without the tag, or with an empty one."""
        return self.absent or contains(self.values, "")


ANY_TAG = TagValues(TAG_VALUE, absent=True)


def session_tags(trust: Iterable[Statement], tag: str, solver: Solver) -> TagValues:
    """Return the values that a tag of a role's sessions may have.

    Both AssumeRole and TagSession must be allowed, so that a value must pass a statement for each. Deny statements
    and conditions on anything else are left out, which can only add values. Where the role can be assumed without
    the tag, the session may have inherited any value from the one before it (role chaining); before one that is opened
    with a token, there is none.
    """
    allowing = [each for each in trust if each.allows]
    key = f"aws:requesttag/{tag}"

    def admitted(actions: Language) -> list[TagValues]:
        opening = (each for each in allowing if solver.find(each.actions, actions) is not None)
        return [tag_values(each.conditions, key) for each in opening]

    assumed, by_token = admitted(_ASSUME), admitted(_WITH_A_TOKEN)
    if any(each.absent for each in assumed):
        return ANY_TAG
    opened = dict.fromkeys(each.values for each in (*assumed, *by_token))
    tagged = dict.fromkeys(each.values for each in admitted(_TAG_SESSION))
    either = dict.fromkeys((Either(tuple(opened)), Either(tuple(tagged))))
    return TagValues(Both((TAG_VALUE, *either)), absent=any(each.absent for each in by_token))


def tag_values(conditions: Iterable[ConditionRow], key: str) -> TagValues:
    """Return the values of a tag under which a statement may apply: too many where a condition is not understood."""
    rows = [row for row in conditions if row.key == ascii_lower(key)]
    values: list[Language] = []
    absent = True
    for row in rows:
        if row.operator == "Null" and row.quantifier is None:
            if row.values == ("false",):
                absent = False
            elif row.values == ("true",):
                values.append(NOTHING)
            continue
        negated = "Not" in row.operator
        wanted = _certain_values(row) if negated else values_language(row)
        if wanted is None:
            continue
        values.append(Not(wanted) if negated else wanted)
        if (not negated or row.quantifier == "ForAnyValue") and row.quantifier != "ForAllValues" and not row.if_exists:
            absent = False
    return TagValues(_with_empty(values, all(map(_may_be_empty, rows))), absent)


def _with_empty(values: list[Language], empty: bool) -> Language:  # noqa: FBT001 -- whether the empty value is one
    language = Both(tuple(values)) if values else ANYTHING
    if empty is contains(language, ""):
        return language
    return Either((language, word(""))) if empty else Both((language, SOMETHING))


def _may_be_empty(row: ConditionRow) -> bool:
    """Tell whether a condition may hold of an empty value, which is null to AWS, but may be named like any other.

    ForAllValues holds of it and ForAnyValue does not; whether it exists, AWS does not say.
    """
    if row.operator == "Null" and row.quantifier is None:
        return row.values != ("false",)
    if row.quantifier is not None or row.if_exists:
        return row.quantifier != "ForAnyValue" or row.if_exists
    negated = "Not" in row.operator
    wanted = _certain_values(row) if negated else values_language(row)
    return wanted is None or contains(wanted, "") is not negated


def _certain_values(row: ConditionRow) -> Language | None:
    """Return what a negated condition excludes for certain: of values with a variable, nothing."""
    if values_language(row) is None:
        return None
    wildcards = row.operator.endswith("Like")
    tokens = [tokens_of(value, variables=row.variables, wildcards=wildcards) for value in row.values]
    fixed = [each for each in tokens if not any(isinstance(token, Variable) for token in each)]
    return Either(tuple(language(each) for each in fixed))
