"""Which attributes an expression names: conditions, filters, projections, and the placeholders in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.dynamodb.lexer import tokenize
from bulkhead_localaws.services.dynamodb.members import text
from bulkhead_localaws.services.dynamodb.values import SERIALIZATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bulkhead_localaws.services.dynamodb.lexer import Token

_OPERATORS = ("AND", "OR", "NOT", "BETWEEN", "IN")
_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What an expression mentions: top-level attributes (names or aliases), and all placeholders."""

    attributes: tuple[str, ...]
    aliases: tuple[str, ...]
    values: tuple[str, ...]

    @classmethod
    def among(cls, tokens: Iterable[Token]) -> Mentioned:
        """Collect from the words of an expression of any kind.

        A name is a top-level attribute unless it follows a dot, is followed by a parenthesis (a function) or is an
        operator. A name too many only narrows what an allow-list of attributes admits, one too few would widen it.
        """
        listed = list(tokens)
        attributes: dict[str, None] = {}
        aliases: dict[str, None] = {}
        values: dict[str, None] = {}
        for position, token in enumerate(listed):
            top = position == 0 or not listed[position - 1].is_sign(".")
            if token.kind == "value":
                values[token.text] = None
            elif token.kind == "alias":
                aliases[token.text] = None
                if top:
                    attributes[token.text] = None
            elif token.kind == "name" and top and not token.is_word(*_OPERATORS):
                following = listed[position + 1 : position + 2]
                if not (following and following[0].is_sign("(")):
                    attributes[token.text] = None
        return cls(tuple(attributes), tuple(aliases), tuple(values))


@lru_cache(maxsize=512)
def mentioned(expression: str) -> Mentioned:
    """Return what an expression mentions.

    Raises:
        MalformedRequestError: see `tokenize`.
    """
    return Mentioned.among(tokenize(expression))


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The attribute names (`#…`) and values (`:…`) that stand for placeholders in a request's expressions."""

    names: Mapping[str, str]
    values: Mapping[str, Any]

    @classmethod
    def of(cls, structure: dict[str, Any]) -> Placeholders:
        """Read ExpressionAttributeNames and ExpressionAttributeValues.

        A placeholder that does not begin with its sign is refused as DynamoDB refuses it. That matters: moto
        replaces any word of a key condition that it finds in ExpressionAttributeNames, so `{"sk": "pk"}` would
        turn a condition on `sk` into one on `pk`.

        Raises:
            MalformedRequestError: not an object of placeholders, or empty.
        """
        names = structure.get("ExpressionAttributeNames")
        values = structure.get("ExpressionAttributeValues")
        if names is None and values is None:
            return NO_PLACEHOLDERS
        for given, sign in ((names, "#"), (values, ":")):
            if given is None:
                continue
            if not isinstance(given, dict):
                raise MalformedRequestError("Expression attributes are not an object", code=SERIALIZATION)
            if not given:
                raise MalformedRequestError("Expression attributes must not be empty")
            for placeholder in given:
                if placeholder[:1] != sign or not _PLACEHOLDER.fullmatch(placeholder):
                    raise MalformedRequestError(f"Syntax error; key: {placeholder[:64]!r} is not a placeholder")
        if names is not None and not all(isinstance(name, str) and name for name in names.values()):
            raise MalformedRequestError("An expression attribute name is not a string", code=SERIALIZATION)
        return cls(names or _NOTHING, values or _NOTHING)

    def name(self, word: str) -> str:
        """Return the attribute that a word of an expression names.

        Raises:
            MalformedRequestError: a placeholder that is not defined.
        """
        if word[0] != "#":
            return word
        try:
            return self.names[word]
        except KeyError:
            raise MalformedRequestError(f"An expression attribute name is not defined: {word}") from None

    def value(self, word: str) -> object:
        """Return the value that a placeholder stands for.

        Raises:
            MalformedRequestError: it is not defined.
        """
        try:
            return self.values[word]
        except KeyError:
            raise MalformedRequestError(f"An expression attribute value is not defined: {word}") from None

    def attributes(self, mention: Mentioned) -> Iterator[str]:
        """Yield the top-level attributes that an expression names, after checking that nothing is undefined.

        Raises:
            MalformedRequestError: a placeholder is not defined.
        """
        for word in mention.values:
            self.value(word)
        for word in mention.aliases:
            self.name(word)
        for word in mention.attributes:
            yield self.name(word)


NO_PLACEHOLDERS = Placeholders({}, {})


def attributes_of(structure: dict[str, Any], member: str, placeholders: Placeholders) -> Iterator[str]:
    """Yield the top-level attributes that an expression member names; none when it is absent.

    Raises:
        MalformedRequestError: the expression is no string, cannot be read, or uses an undefined placeholder.
    """
    expression = text(structure, member)
    if expression is not None:
        yield from placeholders.attributes(mentioned(expression))
