"""Words of DynamoDB's expressions ("Using expressions in DynamoDB"), and a cursor that walks over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from bulkhead_localaws.protocol.checks import MalformedRequestError

LONGEST_EXPRESSION = 4096  # "The maximum length of any expression string is 4 KB"
DEEPEST_NESTING = 32

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<alias>\#[A-Za-z0-9_]+)
      | (?P<value>:[A-Za-z0-9_]+)
      | (?P<number>[0-9]+)
      | (?P<sign><>|<=|>=|[-=<>+().,\[\]])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its kind (name, alias, value, number, sign or end) and its text."""

    kind: str
    text: str

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, which count in any case."""
        return self.kind == "name" and self.text.upper() in words


END = Token("end", "")


def tokenize(expression: str) -> tuple[Token, ...]:
    """Split an expression into words; the last one is `END`.

    Raises:
        MalformedRequestError: the expression is empty, too long, or holds a character that cannot be there.
    """
    stripped = expression.rstrip(" \t\r\n")
    if not stripped:
        raise MalformedRequestError("The expression can not be empty")
    if len(expression) > LONGEST_EXPRESSION:
        raise MalformedRequestError("Expression size has exceeded the maximum allowed size of 4096 bytes")
    tokens = []
    position = 0
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or match.lastgroup is None:
            raise MalformedRequestError(f"Syntax error in expression near: {stripped[position : position + 32]!r}")
        tokens.append(Token(match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return (*tokens, END)


class Cursor:
    """A position in an expression's words."""

    def __init__(self, expression: str) -> None:
        self._tokens = tokenize(expression)
        self._position = 0

    @property
    def current(self) -> Token:
        """The word at this position; `END` after the last."""
        return self._tokens[self._position]

    @property
    def previous(self) -> Token:
        """The word before this position; `END` at the first."""
        return self._tokens[self._position - 1]

    def words(self, *, without: set[int]) -> tuple[Token, ...]:
        """Return all words of the expression but those at some positions."""
        return tuple(token for position, token in enumerate(self._tokens) if position not in without)

    @property
    def position(self) -> int:
        """How many words are behind this position."""
        return self._position

    def take(self) -> Token:
        """Return the current word and move on; `END` is returned again and again."""
        token = self.current
        if token is not END:
            self._position += 1
        return token

    def take_kind(self, *kinds: str) -> Token:
        """Take a word that must be of one of these kinds."""
        if self.current.kind not in kinds:
            self.fail()
        return self.take()

    def take_sign(self, *signs: str) -> Token:
        """Take a word that must be one of these signs."""
        if not self.current.is_sign(*signs):
            self.fail()
        return self.take()

    def take_path(self) -> Token:
        """Take a document path such as `#a.b[2]`, and return the word of its top-level attribute."""
        top = self.take_kind("name", "alias")
        while self.current.is_sign(".", "["):
            if self.take().text == ".":
                self.take_kind("name", "alias")
            else:
                self.take_kind("number")
                self.take_sign("]")
        return top

    def fail(self) -> NoReturn:
        """Refuse the expression at the current word.

        Raises:
            MalformedRequestError: always.
        """
        raise MalformedRequestError(f"Syntax error in expression; token: {self.current.text or '<EOF>'!r}")
