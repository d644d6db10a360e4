"""Where the strings, interpolations, heredocs and comments of a configuration file are, by HCL's own scanner.

Source: https://github.com/hashicorp/hcl/blob/main/hclsyntax/scan_tokens.rl. What is a string decides what is code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bulkhead_planproof.languages import ProofError

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMENT = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
END_OF_STRING = "end of string"
_HEREDOC = re.compile(r"<<-?([A-Za-z_][A-Za-z0-9_-]*)\r?\n")
#: Pieces of code that hold none of the others: anything but the characters with which those begin, or one of them.
_CODE = re.compile(r"[^\"#/<{}]+|.", re.DOTALL)
_QUOTED = re.compile(r"\$\$\{|%%\{|\\.|[^\"\\$%\n]+|[$%]")
_HEREDOC_LITERAL = re.compile(r"\$\$\{|%%\{|[^$%\n]+|[$%]")
_OPENING = re.compile(r"[$%]\{")
#: Terraform refuses most of these in code; in a heredoc they could end it for one reader and not for another.
_UNUSUAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


class Lexeme(NamedTuple):
    """Where a string begins or ends, `${` or `%{`; or a whole comment or heredoc, without the end of its line."""

    start: int
    text: str


def lexemes(text: str) -> Iterator[Lexeme]:
    """Yield what is outside of heredocs, in order.

    Raises:
        ProofError: HCL refuses the text, or has a part in it that is rare and could be read in two ways.
    """
    if unusual := _UNUSUAL.search(text):
        raise ProofError(f"line {_line(text, unusual.start())} has a control character")
    place, end = 0, len(text)
    while place < end:
        found, place = _piece(text, place)
        yield from found


def _piece(text: str, place: int) -> tuple[list[Lexeme], int]:
    """Read one piece of code, and whole what begins there; return it with the place after it."""
    if comment := COMMENT.match(text, place):
        return [Lexeme(place, comment[0].rstrip())], comment.end()
    if text.startswith("<<", place):
        end = _heredoc(text, place)
        return [Lexeme(place, text[place:end])], end
    if text.startswith('"', place):
        return _quoted(text, place)
    piece = _CODE.match(text, place)
    return [], piece.end() if piece else place + 1


def _quoted(text: str, start: int) -> tuple[list[Lexeme], int]:
    found, place = [Lexeme(start, '"')], start + 1
    while not text.startswith('"', place):
        if opening := _OPENING.match(text, place):
            inner, place = _interpolation(text, opening.end())
            found += [Lexeme(opening.start(), opening[0]), *inner]
        elif literal := _QUOTED.match(text, place):
            place = literal.end()
        else:
            raise ProofError(f"line {_line(text, start)} has a string without an end")
    return [*found, Lexeme(place, END_OF_STRING)], place + 1


def _interpolation(text: str, place: int) -> tuple[list[Lexeme], int]:
    """Read code up to the brace that ends an interpolation or a directive, which need not be the first one."""
    found: list[Lexeme] = []
    start, depth = place, 1
    while place < len(text):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return found, place + 1
        inner, place = _piece(text, place)
        found += inner
    raise ProofError(f"line {_line(text, start)} has an interpolation without an end")


def _heredoc(text: str, start: int) -> int:
    """Return where a heredoc's closing marker ends: a line of its own that does not begin inside an interpolation."""
    opening = _HEREDOC.match(text, start)
    if not opening:
        raise ProofError(f"line {_line(text, start)} has a heredoc whose marker is not understood")
    place = line = opening.end()
    while place < len(text):
        if text[place] == "\n":
            if text[line:place].strip() == opening[1]:
                return line + len(text[line:place].rstrip("\r"))
            place = line = place + 1
        elif inner := _OPENING.match(text, place):
            _, place = _interpolation(text, inner.end())
        elif literal := _HEREDOC_LITERAL.match(text, place):
            place = literal.end()
    raise ProofError(f"line {_line(text, start)} has a heredoc without an end")


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
