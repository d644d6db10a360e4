"""Changes of the app's own code: pieces of a file, found by its syntax tree, and what stands there instead."""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
_Node: TypeAlias = ast.expr | ast.stmt | ast.arg
T = TypeVar("T", bound=ast.AST)


class MutantError(Exception):
    """A mutant changes nothing, or not what it is meant to: the code is not as it was when the mutant was written."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A piece of a file, in bytes from `start` to `end` where `old` stands, and what replaces it."""

    file: str
    start: int
    end: int
    old: str
    new: str


@dataclass(frozen=True)
class Source:
    """A file of the app, and edits of it; what is to be changed must be there as often as it is said to be."""

    folder: Path
    file: str

    @cached_property
    def text(self) -> str:
        """Its content.

        Raises:
            MutantError: there is no such file.
        """
        try:
            return (self.folder / self.file).read_text(encoding="utf-8")
        except OSError as error:
            raise MutantError(f"{self.file} cannot be read: {error.strerror}") from None

    @cached_property
    def dump(self) -> str:
        """Its syntax tree as text."""
        return ast.dump(self.tree)

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    def function(self, name: str, of: str = "") -> _Function:
        """Return the function of this name, or the method of this class.

        Raises:
            MutantError: there is none, or several.
        """
        body: list[ast.stmt] = self.tree.body
        if of:
            body = self._only([node for node in body if isinstance(node, ast.ClassDef) and node.name == of], of).body
        return self._only([node for node in body if isinstance(node, _Function) and node.name == name], name)

    def expressions(self, within: ast.AST, text: str) -> list[ast.expr]:
        """Return the expressions that read like this, one after the other.

        Raises:
            MutantError: there is none.
        """
        found = [n for n in ast.walk(within) if isinstance(n, ast.expr) and ast.unparse(n) == text and _is_read(n)]
        if not found:
            raise MutantError(f"{self.file} has no {text!r} in {_name(within)}")
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def calls(self, within: ast.AST, name: str) -> list[ast.Call]:
        """Return the calls of this function by its own name; there may be none."""
        found = [n for n in ast.walk(within) if isinstance(n, ast.Call) and ast.unparse(n.func) == name]
        return sorted(found, key=lambda node: (node.lineno, node.col_offset))

    def replaced(self, node: _Node, form: str) -> Edit:
        """Return the edit that puts a form in a node's place; `<>` in it is what stands there now."""
        start, end = self._span(node)
        old = self.text.encode()[start:end].decode()
        return Edit(self.file, start, end, old, form.replace("<>", old))

    def replaced_in(self, node: _Node, old: str, new: str) -> Edit:
        """Return the edit of a piece of a node's text.

        Raises:
            MutantError: it stands there not exactly once.
        """
        start, end = self._span(node)
        content, piece = self.text.encode()[start:end], old.encode()
        if content.count(piece) != 1:
            raise MutantError(f"{self.file} has {old!r} {content.count(piece)} times where it is expected once")
        begin = start + content.index(piece)
        return Edit(self.file, begin, begin + len(piece), old, new)

    def first(self, function: _Function, statement: str) -> Edit:
        """Return the edit that makes this a function's first statement, after its docstring."""
        documented = ast.get_docstring(function) is not None and len(function.body) > 1
        return self.before(function.body[1 if documented else 0], statement)

    def before(self, node: _Node, statement: str) -> Edit:
        """Return the edit that puts a statement before another one."""
        start, _ = self._span(node)
        return Edit(self.file, start, start, "", f"{statement}\n{' ' * node.col_offset}")

    def end(self, text: str) -> Edit:
        """Return the edit that adds text to the end."""
        end = len(self.text.encode())
        return Edit(self.file, end, end, "", f"\n\n{text}")

    def _span(self, node: _Node) -> tuple[int, int]:
        lines = self.text.encode().splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line))
        if node.end_lineno is None or node.end_col_offset is None:
            raise MutantError(f"{self.file}: nobody knows where {ast.unparse(node)!r} ends")
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def _only(self, found: list[T], name: str) -> T:
        if len(found) != 1:
            raise MutantError(f"{self.file} has {len(found)} of the name {name}")
        return found[0]


def applied(folder: Path, edits: Iterable[Edit]) -> dict[str, str]:
    """Return the new content of each file that the edits are about.

    Raises:
        MutantError: an edit does not apply exactly as it is meant to, the code would not compile, or nothing changes.
    """
    files: dict[str, list[Edit]] = {}
    for edit in edits:
        files.setdefault(edit.file, []).append(edit)
    return {file: _applied(_read(folder, file), some) for file, some in files.items()}


@cache
def _read(folder: Path, file: str) -> Source:
    return Source(folder, file)


def _applied(source: Source, edits: list[Edit]) -> str:
    content = source.text.encode()
    end = len(content) + 1
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        if edit.end > end or content[edit.start : edit.end].decode(errors="replace") != edit.old:
            raise MutantError(f"{source.file} is not as it was: {edit.old!r} does not stand where it did")
        content = content[: edit.start] + edit.new.encode() + content[edit.end :]
        end = edit.start
    text = content.decode()
    try:
        changed = ast.dump(ast.parse(text))
    except SyntaxError as error:
        raise MutantError(f"{source.file} would be no Python: {error.msg} in line {error.lineno}") from None
    if changed == source.dump:
        raise MutantError(f"{source.file} would do what it does now")
    return text


def difference(folder: Path, edits: Iterable[Edit]) -> Iterator[str]:
    """Yield the changed lines as `FILE:LINE: -…` and `FILE:LINE: +…`, those that the app has first."""
    for file, text in applied(folder, edits).items():
        before, after = Source(folder, file).text.splitlines(), text.splitlines()
        for tag, start, end, new_start, new_end in difflib.SequenceMatcher(
            None, before, after, autojunk=False
        ).get_opcodes():
            if tag != "equal":
                yield from (f"{file}:{start + 1 + n}: -{line.strip()}" for n, line in enumerate(before[start:end]))
                yield from (
                    f"{file}:{new_start + 1 + n}: +{line.strip()}"
                    for n, line in enumerate(after[new_start:new_end])
                    if line.strip()
                )


def _is_read(node: ast.expr) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _name(node: ast.AST) -> str:
    return getattr(node, "name", "the file")
