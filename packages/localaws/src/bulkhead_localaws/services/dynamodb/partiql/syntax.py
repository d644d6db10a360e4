"""The parts of a PartiQL expression that matter for authorization."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Column:
    """An attribute, or something nested in one."""

    name: str
    nested: bool


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: its DynamoDB type (S, N, or BOOL, NULL, MISSING) and text."""

    type: str
    text: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A `?`: which one, counted from 0."""

    position: int


@dataclass(frozen=True, slots=True)
class Document:
    """`{'name': value, …}`."""

    pairs: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Sequence:
    """`[a, b]`, `<<a, b>>` or `(a, b)`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Equality:
    """`left = right`."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Membership:
    """`operand IN [a, b]`, not negated."""

    operand: Node
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conjunction:
    """`a AND b`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Disjunction:
    """`a OR b`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Opaque:
    """Anything else: functions, arithmetic, other comparisons, negations. It pins nothing."""

    items: tuple[Node, ...]


Node: TypeAlias = (
    Column | Constant | Parameter | Document | Sequence | Equality | Membership | Conjunction | Disjunction | Opaque
)


def columns(node: Node) -> Iterator[str]:
    """Yield the top-level attributes that an expression names."""
    match node:
        case Column():
            yield node.name
        case Constant() | Parameter():
            return
        case Document():
            for _, value in node.pairs:
                yield from columns(value)
        case Equality():
            yield from columns(node.left)
            yield from columns(node.right)
        case Membership():
            yield from columns(node.operand)
            for item in node.items:
                yield from columns(item)
        case Sequence() | Conjunction() | Disjunction() | Opaque():
            for item in node.items:
                yield from columns(item)


def pinned(node: Node | None, name: str, *, across_or: bool = False) -> tuple[Node, ...] | None:
    """Return values of which the attribute must have one wherever the condition holds, or None.

    An equality or an IN pins; a conjunction pins what any part of it pins (all of them are returned: a key too
    many only asks for more); a negation, a comparison or a function does not.

    Args:
        node: a WHERE condition, None when there is none.
        name: the attribute.
        across_or: whether a disjunction pins when every part of it does. It is no full scan then
            ("PartiQL select statements for DynamoDB"), but whether LeadingKeys holds the keys of all parts is not
            documented, so for leading keys it pins nothing.
    """
    match node:
        case Equality(Column(column, nested=False), Constant() | Parameter() as value) if column == name:
            return (value,)
        case Equality(Constant() | Parameter() as value, Column(column, nested=False)) if column == name:
            return (value,)
        case Membership(Column(column, nested=False), items) if column == name:
            return items if all(isinstance(item, Constant | Parameter) for item in items) else None
        case Conjunction():
            parts = [pinned(item, name, across_or=across_or) for item in node.items]
            values = tuple(value for part in parts if part is not None for value in part)
            return values or None
        case Disjunction() if across_or:
            parts = [pinned(item, name, across_or=True) for item in node.items]
            if None in parts:
                return None
            return tuple(value for part in parts if part is not None for value in part)
    return None
