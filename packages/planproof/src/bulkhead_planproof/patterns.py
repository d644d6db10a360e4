"""Texts of policies as languages: actions, ARNs, and values of conditions with wildcards and policy variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_iam import PolicyError
from bulkhead_iam.variables import Template, Variable, parse_template
from bulkhead_iam.wildcards import Wildcard, tokenize
from bulkhead_planproof.languages import ANY, ANYTHING, Language, ProofError, Repeat, Sequence, word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bulkhead_iam.wildcards import Token

Tokens = tuple["Token | Variable", ...]
_MANY = frozenset((Wildcard.MANY, Wildcard.MANY_IN_SEGMENT))


def tokens_of(text: str, *, variables: bool = True, wildcards: bool = True) -> Tokens:
    """Take policy text apart into literals, wildcards and variables; raises ProofError for a malformed variable."""
    try:
        parsed: Template = parse_template(text, element="a value", variables=variables, wildcards=wildcards)
    except PolicyError as error:
        raise ProofError(str(error)) from None
    return parsed.tokens


def pattern(text: str) -> Language:
    """Return the language of a text with wildcards and without variables."""
    return language(tokenize(text))


def language(tokens: Iterable[Token | Variable], variable: Language = ANYTHING) -> Language:
    """Return the language of tokens, with one language for whatever any variable stands for."""
    return Sequence(tuple(_one(token, variable) for token in tokens))


def _one(token: Token | Variable, variable: Language) -> Language:
    if isinstance(token, Variable):
        return variable
    if isinstance(token, str):
        return word(token)
    return Repeat(ANY) if token in _MANY else ANY
