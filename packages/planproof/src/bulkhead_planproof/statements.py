"""One statement of a policy as languages: which actions, on which resources, under which conditions.

What an Allow statement covers is taken too widely where it is not exact, what a Deny statement covers too narrowly:
both can only make a proof fail.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bulkhead_iam.documents import as_list, scalar_list
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.variables import Variable
from bulkhead_planproof.languages import ANYTHING, NOTHING, Either, Language, Not, ProofError, Sequence, word
from bulkhead_planproof.patterns import language, pattern, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(.+?)(IfExists)?")
_CURRENT = "2012-10-17"
_SEGMENTS = 6


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """One operator, one key, and its values; `variables` tells whether `${…}` is read in them.

    Keys are compared in lower case; `name` is as the policy writes it.
    """

    quantifier: str | None
    operator: str
    if_exists: bool
    key: str
    name: str
    values: tuple[str, ...]
    variables: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement, and where it stands. Actions are in lower case.

    `conditions` are those of an Allow. A Deny counts only where it is `certain`: without conditions and principals.
    """

    where: str
    allows: bool
    actions: Language
    resources: Language
    conditions: tuple[ConditionRow, ...]
    principals: Any
    certain: bool
    named_actions: tuple[str, ...]
    named_resources: tuple[str, ...]


def read_statements(document: Mapping[str, Any], where: str) -> tuple[Statement, ...]:
    """Return the statements of a document that `bulkhead_iam` has checked; raises ProofError for what is not read."""
    variables = document.get("Version") == _CURRENT
    return tuple(
        _read(each, f"{where} {each.get('Sid') or f'Statement[{index}]'}", variables=variables)
        for index, each in enumerate(as_list(document["Statement"]))
    )


def _read(source: Mapping[str, Any], where: str, *, variables: bool) -> Statement:
    allows = source["Effect"] == "Allow"
    resources, exact = _resources(source, allows=allows, variables=variables)
    conditions = tuple(_conditions(source.get("Condition", {}), variables=variables))
    return Statement(
        where,
        allows,
        _actions(source),
        resources,
        conditions,
        source.get("Principal", source.get("NotPrincipal")),
        certain=exact and "Condition" not in source and not {"Principal", "NotPrincipal"} & set(source),
        named_actions=tuple(as_list(source.get("Action", source.get("NotAction", [])))),
        named_resources=tuple(as_list(source.get("Resource", []))),
    )


def _actions(source: Mapping[str, Any]) -> Language:
    if "Action" in source:
        return Either(tuple(pattern(ascii_lower(each)) for each in as_list(source["Action"])))
    left_out = as_list(source["NotAction"])
    return Not(Either(tuple(pattern(ascii_lower(each)) for each in left_out))) if left_out else NOTHING


def _resources(source: Mapping[str, Any], *, allows: bool, variables: bool) -> tuple[Language, bool]:
    """Return the language, and whether it is exact enough for a Deny.

    The wildcards of an ARN's first five segments stay in them, which is more than is said here: they are taken as any
    characters in an Allow, and leave a Deny uncertain. An ARN of fewer segments is completed.
    """
    if "Resource" not in source and "NotResource" not in source:
        return ANYTHING, False
    inverted = "NotResource" in source
    values = as_list(source["NotResource" if inverted else "Resource"])
    named = [tokens_of(each, variables=variables) for each in values]
    plain = all(_is_plain(value, tokens) for value, tokens in zip(values, named, strict=True))
    if inverted:
        if not values:
            return NOTHING, False
        return (Not(Either(tuple(language(each) for each in named))), plain) if plain else (ANYTHING, False)
    short = ANYTHING if allows else word("")
    parts = (
        Sequence((language(tokens), short if _is_short(value, tokens) else word("")))
        for value, tokens in zip(values, named, strict=True)
    )
    return Either(tuple(parts)), plain


def _is_short(value: str, tokens: Iterable[object]) -> bool:
    """Tell whether an ARN may have fewer than six segments: the colons of a variable are none of its own."""
    return value.count(":") < _SEGMENTS - 1 or any(isinstance(each, Variable) for each in tokens)


def _is_plain(value: str, tokens: Iterable[object]) -> bool:
    """Tell whether a text means what its characters and wildcards say: no variable, no wildcard in a short segment."""
    if any(isinstance(each, Variable) for each in tokens):
        return False
    segments = value.split(":", _SEGMENTS - 1)
    return value == "*" or (len(segments) == _SEGMENTS and not any(set("*?") & set(each) for each in segments[:-1]))


def _conditions(block: Mapping[str, Mapping[str, Any]], *, variables: bool) -> Iterable[ConditionRow]:
    for name, keys in block.items():
        parts = _OPERATOR.fullmatch(name)
        if parts is None:
            raise ProofError(f"{name!r} is not a condition operator")
        for key, raw in keys.items():
            values = scalar_list(raw, name)
            yield ConditionRow(parts[1], parts[2], bool(parts[3]), ascii_lower(key), key, values, variables)


def values_language(row: ConditionRow) -> Language | None:
    """Return what the values of a string condition match, variables as anything; None for another operator."""
    operator = row.operator.replace("Not", "")
    if operator not in {"StringEquals", "StringLike"} or not row.values:
        return None
    wildcards = operator == "StringLike"
    return Either(tuple(language(tokens_of(v, variables=row.variables, wildcards=wildcards)) for v in row.values))


def denied(statements: Iterable[Statement]) -> tuple[tuple[Language, Language], ...]:
    """Return what Deny statements refuse whatever the context: pairs of actions and resources."""
    return tuple((each.actions, each.resources) for each in statements if not each.allows and each.certain)


def named_principals(principals: object) -> Iterator[tuple[str, str]]:
    """Yield the kind and the name of each principal in a Principal element."""
    if not isinstance(principals, dict):
        yield "AWS", str(principals)
        return
    for kind, values in principals.items():
        for value in values if isinstance(values, list) else [values]:
            yield str(kind), str(value)
