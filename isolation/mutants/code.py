"""The app's code as mutants find it: the files of each entity, its views, and what they call."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from isolation.mutants.edits import MutantError, Source
from isolation.mutants.model import After, Attack, Naming

if TYPE_CHECKING:
    from isolation.attack.routes import Route, Target
    from isolation.attack.served import Served

_LAST = 99


@dataclass(frozen=True)
class EntityCode:
    """One entity of the app: its files, and the requests that reach its rows."""

    served: Served
    target: Target
    files: dict[str, Source] = field(default_factory=dict, compare=False)  # those that were read, of all entities

    @property
    def name(self) -> str:
        """The entity's name."""
        return self.target.name

    @cached_property
    def routes(self) -> Source:
        """The file with its views."""
        return self.source(f"chalicelib/entities/{self.name}/routes.py")

    @cached_property
    def store_of(self) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """The function that makes its store of a handle."""
        return self.routes.function("store_of")

    def source(self, file: str) -> Source:
        """Return a file of the app."""
        return self.files.setdefault(file, Source(self.served.code, file))

    def view(self, route: Route) -> ast.FunctionDef | ast.AsyncFunctionDef:
        """Return the function that answers a route."""
        return self.routes.function(self.served.registered[route.path][route.method].view_function.__name__)

    def opened(self, within: ast.AST) -> list[ast.Call]:
        """Return where a handle is opened.

        Raises:
            MutantError: nowhere.
        """
        found = self.routes.calls(within, "opened")
        if not found:
            raise MutantError(f"{self.routes.file}: {getattr(within, 'name', 'it')} opens no handle with opened(…)")
        return found

    def stored(self, attribute: str) -> frozenset[str]:
        """Return the methods that its store calls of what it keeps under this name, such as `_table`."""
        source = self.source(f"chalicelib/entities/{self.name}/store.py")
        return frozenset(
            node.func.attr
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and ast.unparse(node.func.value) == f"self.{attribute}"
        )

    def attacks(self, naming: Naming | None = None) -> tuple[Attack, ...]:
        """Return a request of each of its routes, what reads before what writes, and what deletes last."""
        order = {"GET": 0, "POST": 1, "PUT": 1, "PATCH": 2}
        routes = sorted(self.target.routes, key=lambda route: order.get(route.method, _LAST))
        return tuple(Attack(self.target, route, naming) for route in routes)

    def after_victim(self, naming: Naming | None = None) -> tuple[Attack, ...]:
        """Return requests of which the victim's user makes the first one before, about its own row; all as one role."""
        target = self.target
        routes = [each for each in (target.lists, target.reads, target.makes) if each is not None]
        return tuple(
            Attack(target, route, naming, after=After.NOBODY if number else After.OPEN_VICTIM, as_last=True)
            for number, route in enumerate(routes)
        )

    def by_key(self) -> tuple[Attack, ...]:
        """Return the request for a row by its whole primary key, after its owner's, if there is a route for it."""
        route = self.target.takes_keys
        return (Attack(self.target, route, by_key=True, after=After.OPEN_VICTIM),) if route else ()


def entities_of(served: Served) -> tuple[EntityCode, ...]:
    """Return the entities whose rows somebody can make, and so can be stolen."""
    files: dict[str, Source] = {}
    return tuple(EntityCode(served, each, files) for each in served.targets if each.makes)
