"""A tenant id grammar, written as a regular expression, as a language.

Of Python's notation: characters, classes, groups without lookaround or references, alternatives and repetitions.
"""

from __future__ import annotations

import re

from bulkhead_planproof.languages import ANY, Characters, Either, Language, ProofError, Repeat, Sequence

#: A DNS label of up to 32 characters, as ids of tenants often are.
TENANT_ID = "[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])"

_COUNT = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_LAST = 0x2FFFE
_BEYOND_ASCII = (128, _LAST)  # all of it, of which Python takes a part: more tenant ids than there are prove more
_DIGITS = ((48, 57), _BEYOND_ASCII)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122), _BEYOND_ASCII)
_ESCAPES = {"d": _DIGITS, "w": _WORD}
_QUANTIFIERS = {"?": (0, 1), "*": (0, None), "+": (1, None)}
_LITERAL_ESCAPES = frozenset(".-_#:/@+=|()[]{}^$*?\\ ")


def grammar(pattern: str) -> Language:
    """Return the language that a regular expression describes, matched from end to end.

    `^` at the beginning and `$` at the end may be left out: `$` is read as the end, without a newline before it.

    Raises:
        ProofError: a notation that is not supported.
    """
    if any(ord(each) > _LAST for each in pattern):
        raise ProofError(f"the grammar {pattern!r} holds a character beyond U+{_LAST:X}, which is not modelled")
    try:
        re.compile(pattern)
        return _Parser(pattern.removeprefix("^").removesuffix("$")).whole()
    except re.error as error:
        raise ProofError(f"the grammar {pattern!r} is no regular expression: {error}") from None
    except RecursionError:
        raise ProofError("the grammar is nested too deeply") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def whole(self) -> Language:
        language = self._alternatives()
        if self._at < len(self._text):
            raise self._unsupported()
        return language

    def _unsupported(self) -> ProofError:
        return ProofError(f"the grammar {self._text!r} is not understood at {self._text[self._at :][:8]!r}")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        character = self._peek()
        if not character:
            raise self._unsupported()
        self._at += 1
        return character

    def _alternatives(self) -> Language:
        options = [self._sequence()]
        while self._peek() == "|":
            self._at += 1
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def _sequence(self) -> Language:
        parts: list[Language] = []
        while self._peek() not in {"", "|", ")"}:
            parts.append(self._repetition(self._one()))
        return Sequence(tuple(parts))

    def _repetition(self, one: Language) -> Language:
        if self._peek() in _QUANTIFIERS:
            least, most = _QUANTIFIERS[self._take()]
        elif counted := _COUNT.match(self._text, self._at):
            self._at = counted.end()
            least = int(counted[1])
            most = least if counted[2] is None else int(counted[3]) if counted[3] else None
        else:
            return one
        if self._peek() in {"?", "+", "*", "{"}:  # lazy, possessive, or repeated again
            raise self._unsupported()
        return Repeat(one, least, most)

    def _one(self) -> Language:
        match self._peek():
            case "(":
                return self._group()
            case "[":
                return Characters(self._class())
            case ".":
                self._at += 1
                return ANY
            case "\\":
                return Characters(self._escape())
            case "^" | "$" | "*" | "+" | "?" | "{":
                raise self._unsupported()
        code = ord(self._take())
        return Characters(((code, code),))

    def _group(self) -> Language:
        opening = "(?:" if self._text.startswith("(?:", self._at) else "("
        if opening == "(" and self._text.startswith("(?", self._at):
            raise self._unsupported()
        self._at += len(opening)
        inside = self._alternatives()
        if self._take() != ")":
            raise self._unsupported()
        return inside

    def _escape(self) -> tuple[tuple[int, int], ...]:
        self._take()
        character = self._peek()
        if character in _ESCAPES:
            self._at += 1
            return _ESCAPES[character]
        if not character or character not in _LITERAL_ESCAPES:
            raise self._unsupported()
        self._at += 1
        return ((ord(character), ord(character)),)

    def _class(self) -> tuple[tuple[int, int], ...]:
        self._take()
        if self._peek() in {"^", "]"}:
            raise self._unsupported()
        ranges: list[tuple[int, int]] = []
        while self._peek() != "]":
            ranges += self._class_item()
        self._at += 1
        return tuple(ranges)

    def _class_item(self) -> tuple[tuple[int, int], ...]:
        if self._peek() == "\\":
            ranges = self._escape()
            if self._peek() == "-" and self._text[self._at + 1 : self._at + 2] != "]":
                raise self._unsupported()  # a range that begins with an escape, or with a class
            return ranges
        first = self._take()
        if first == "[":
            raise self._unsupported()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in {"]", ""}:
            return ((ord(first), ord(first)),)
        self._at += 1
        last = self._take()
        if last in {"\\", "["}:
            raise self._unsupported()
        return ((ord(first), ord(last)),)
