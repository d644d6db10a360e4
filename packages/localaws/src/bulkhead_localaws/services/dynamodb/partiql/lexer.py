"""Words of PartiQL statements, and a cursor that walks over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError

LONGEST_STATEMENT = 8192  # "Statement: Maximum length of 8192" (API reference, ExecuteStatement)

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
        (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
      | (?P<parameter>\?)
      | (?P<comment>--|/\*)
      | (?P<sign>\|\||<<|>>|<>|!=|<=|>=|[-=<>+*/%(){}\[\],.:])
    )""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its kind (string, quoted, word, number, parameter, sign or end), its meaning and its place."""

    kind: str
    text: str
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case; a quoted identifier never is."""
        return self.kind == "word" and self.text.upper() in words


def tokenize(statement: str) -> tuple[Token, ...]:
    """Split a statement into words; the last one is of kind `end`.

    In a string `''` stands for a quote, in a quoted identifier `""` does; both may hold anything else, also what
    would be a parameter or a keyword elsewhere.

    Raises:
        MalformedRequestError: the statement is empty or too long.
        UnmappableRequestError: it holds a comment or something that is no known word.
    """
    stripped = statement.rstrip(" \t\r\n")
    if not stripped or len(statement) > LONGEST_STATEMENT:
        raise MalformedRequestError("The statement must have a length from 1 to 8192")
    tokens = []
    position = 0
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None or match.lastgroup in {None, "comment"}:
            raise UnmappableRequestError(
                f"Cannot read the PartiQL statement near {stripped[position : position + 32]!r}"
            )
        kind = str(match.lastgroup)
        text = match[kind]
        if kind in {"string", "quoted"}:
            text = text[1:-1].replace(text[0] * 2, text[0])
        tokens.append(Token(kind, text, match.start(kind), match.end(kind)))
        position = match.end()
    return (*tokens, Token("end", "", len(stripped), len(stripped)))


class Cursor:
    """A position in a statement's words."""

    def __init__(self, statement: str) -> None:
        self._tokens = tokenize(statement)
        self._position = 0
        self.parameters = 0

    @property
    def current(self) -> Token:
        """The word at this position."""
        return self._tokens[self._position]

    @property
    def following(self) -> Token:
        """The word after the current one."""
        return self._tokens[min(self._position + 1, len(self._tokens) - 1)]

    @property
    def behind(self) -> int:
        """Where in the text the word before this position ended."""
        return self._tokens[self._position - 1].end

    def take(self) -> Token:
        """Return the current word and move on; the end is returned again and again."""
        token = self.current
        if token.kind != "end":
            self._position += 1
        return token

    def take_sign(self, *signs: str) -> Token:
        """Take a word that must be one of these signs."""
        if not self.current.is_sign(*signs):
            self.fail()
        return self.take()

    def take_word(self, *words: str) -> Token:
        """Take a word that must be one of these keywords."""
        if not self.current.is_word(*words):
            self.fail()
        return self.take()

    def skip_word(self, *words: str) -> bool:
        """Take the current word if it is one of these keywords, and say whether it was."""
        if self.current.is_word(*words):
            self.take()
            return True
        return False

    def take_parameter(self) -> int:
        """Take a `?` and return which one of the statement it is, counted from 0."""
        self.take()
        self.parameters += 1
        return self.parameters - 1

    def fail(self) -> NoReturn:
        """Refuse the statement at the current word.

        Raises:
            UnmappableRequestError: always. DynamoDB may know a grammar that this parser does not.
        """
        raise UnmappableRequestError(f"Cannot read the PartiQL statement at {self.current.text[:32] or 'its end'!r}")
