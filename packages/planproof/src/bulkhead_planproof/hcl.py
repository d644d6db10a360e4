"""A configuration file: its blocks, its attributes, and which of them are one reference and nothing else.

python-hcl2 parses. It takes some texts for something else than Terraform does (seen with 8.1.4: the string `"$${"` goes
on to the next brace; a heredoc does not end at a marker with a space after it), so that what is code for one is a
string or a comment for the other. So each file is scanned by HCL's own rules as well, and refused when they differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from hcl2 import parses_to_tree
from lark import Token, Tree
from lark.exceptions import LarkError

from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.lexemes import COMMENT, END_OF_STRING, Lexeme, lexemes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    Expression: TypeAlias = Tree[Token]

#: Indexes that name the key or the number of the resource that they stand in.
OWN_KEYS = {"[each.key]", "[count.index]"}
_SCANNED = {"DBLQUOTE", "INTERP_START", "DIRECTIVE_START", "HEREDOC_TEMPLATE", "HEREDOC_TEMPLATE_TRIM"}
_TEXT = {"STRING_CHARS", "ESCAPED_INTERPOLATION", "ESCAPED_DIRECTIVE"}
_PLAIN = re.compile(r"[ !#-\[\]-~]*")  # printable ASCII without quotes and backslashes
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_SOMEWHERE = -2


@dataclass(frozen=True, slots=True)
class Block:
    """A block, or a whole file as one without a type: what it sets itself, and the blocks in it."""

    type: str
    labels: tuple[str, ...]
    attributes: Mapping[str, Expression]
    blocks: tuple[Block, ...]


def parse(text: str) -> Block:
    """Return a file's blocks.

    Raises:
        ProofError: the text is not parsed, or not by all readers in the same way; the message names the line.
    """
    try:
        tree = parses_to_tree(text)
        _require_agreement(text, tree)
        (body,) = _parts(tree)
        return _block("", (), body)
    except LarkError as error:
        raise ProofError(str(error).splitlines()[0].rstrip(".")) from error
    except RecursionError as error:
        raise ProofError("it is nested too deeply") from error


def _require_agreement(text: str, tree: Tree[Token]) -> None:
    for expected, found in zip_longest(lexemes(text), _scanned(tree)):
        same = expected and found and expected.text == found.text and found.start in {expected.start, _SOMEWHERE}
        if not same:
            place = len(text) if expected is None else expected.start
            line = text.count("\n", 0, place) + 1
            raise ProofError(f"line {line} has a string, a heredoc or a comment that could be read in two ways")


def _scanned(tree: Tree[Token]) -> Iterator[Lexeme]:
    ends = {getattr(string.children[-1], "start_pos", None) for string in tree.find_data("string")}
    for token in _tokens(tree):
        start = -1 if token.start_pos is None else token.start_pos
        if token.type in _SCANNED:
            yield Lexeme(start, END_OF_STRING if start in ends else token.rstrip("\r\n"))
        elif token.type not in _TEXT and (comment := COMMENT.match(token.lstrip())):
            # python-hcl2 puts a comment in front of an operator into the operator's token, which says where that is.
            yield Lexeme(start if token.type == "NL_OR_COMMENT" else _SOMEWHERE, comment[0].rstrip())


def _tokens(tree: Tree[Token]) -> Iterator[Token]:
    waiting: list[Token | Tree[Token]] = [tree]
    while waiting:
        here = waiting.pop()
        if isinstance(here, Token):
            yield here
        else:
            waiting.extend(reversed(here.children))


def _block(kind: str, labels: tuple[str, ...], body: Token | Tree[Token]) -> Block:
    attributes: dict[str, Expression] = {}
    blocks: list[Block] = []
    for each in _parts(body):
        match each:
            case Tree(data="attribute", children=[Tree(children=[name]), _, Tree() as expression]):
                if attributes.setdefault(str(name), expression) is not expression:
                    raise ProofError(f"line {getattr(name, 'line', '?')} sets {name} again")
            case Tree(data="block"):
                first, *others, _, inner, _ = _parts(each)
                blocks.append(_block(_label(first), tuple(map(_label, others)), inner))
            case _:
                raise ProofError(f"{each} is neither an attribute nor a block")
    return Block(kind, labels, attributes, tuple(blocks))


def _label(tree: Token | Tree[Token]) -> str:
    match tree:
        case Tree(data="string"):
            label = literal(tree)
        case Tree(children=[Token() as name]):
            label = str(name)
        case _:
            label = None
    if label is None:
        raise ProofError("a block has a label that is not plain")
    return label


def _parts(tree: Token | Tree[Token]) -> list[Token | Tree[Token]]:
    children = tree.children if isinstance(tree, Tree) else []
    return [each for each in children if not (isinstance(each, Tree) and each.data == "new_line_or_comment")]


def literal(expression: Expression) -> str | None:
    """Return a string in quotes that is printable ASCII without escapes and templates, None for anything else."""
    match expression:
        case Tree(data="expr_term", children=[Tree(data="string") as inner]):
            return literal(inner)
        case Tree(data="string", children=[_, *parts, _]):
            found = [each for part in parts for each in _parts(part)]
            text = "".join(map(str, found))
            plain = all(isinstance(each, Token) and each.type == "STRING_CHARS" for each in found)
            return text if plain and _PLAIN.fullmatch(text) else None
    return None


def reference(expression: Expression) -> tuple[str, ...] | None:
    """Return the steps of an expression that is one reference: `("aws_iam_policy", "all", "[each.key]", "arn")`.

    Parentheses around the whole, and a template that is nothing but one interpolation, change no value (HCL's
    specification, "Template Unwrapping"). An index is a number, a plain string, `each.key` or `count.index`.

    Returns:
        None for anything else.
    """
    here: Token | Tree[Token] = _unwrapped(expression)
    steps: list[str] = []
    while True:
        match here.data if isinstance(here, Tree) else "", _parts(here):
            case "expr_term", [Tree() as inner]:
                here = inner
            case "identifier", [Token() as name]:
                return (str(name), *reversed(steps))
            case "get_attr_expr_term", [before, Tree(data="get_attr", children=[_, Tree(data="identifier") as name])]:
                steps.append(_label(name))
                here = before
            case "index_expr_term", [before, Tree() as index] if (key := _index(index)) is not None:
                steps.append(key)
                here = before
            case _:
                return None


def _unwrapped(expression: Expression) -> Expression:
    while True:
        match _parts(expression):
            case [Token(type="LPAR"), Tree() as inner, _]:
                expression = inner
            case [Tree(data="string", children=[_, Tree(children=[Tree(data="interpolation") as only]), _])]:
                expression = next(each for each in only.children if isinstance(each, Tree))
            case _:
                return expression


def _index(index: Tree[Token]) -> str | None:
    match _parts(index):
        case [Token(type="DOT"), Token() as number] | [
            _,
            Tree(data="expr_term", children=[Tree(data="int_lit", children=[Token() as number])]),
            _,
        ]:
            return f"[{int(number)}]" if _NUMBER.fullmatch(number) else None
        case [Token(), Tree() as key, _]:
            if (text := literal(key)) is not None:
                return f'["{text}"]'
            own = f"[{'.'.join(reference(key) or ())}]"
            return own if own in OWN_KEYS else None
    return None


def mentions(expression: Expression, address: str) -> bool:
    """Return whether an expression has an address such as `aws_iam_policy.all` in it, also as text in a heredoc."""
    text = " ".join(token for token in _tokens(expression) if token.type != "NL_OR_COMMENT")
    names = r"\s*\.\s*".join(map(re.escape, address.split(".")))
    return re.search(rf"(?<![\w-]){names}(?![\w-])", text) is not None
