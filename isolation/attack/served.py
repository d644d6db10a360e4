"""What is attacked: the app's routes, its entities, and the names that its code could take a tenant from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.tenancy.permissions import PERMISSIONS
from isolation.attack.coverage import authorized, probes_of, route_of, targets
from isolation.attack.names import CODE, CUSTOMARY, names_in
from isolation.attack.outcomes import ATTACKER, VICTIM
from isolation.attack.routes import ME
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalicelib.entities.entity import Entity
    from chalicelib.entities.probe import Probe
    from isolation.attack.routes import Permissions, Registered, Route, Target

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """What an app serves, as far as it can be attacked; `coverage.gaps` says what is left out.

    Args:
        registered: the app's routes.
        entities: the product's.
        probes: theirs, by the entity's name.
        code: the folder with the code that serves them.
        permissions: the routes that roles may call.
    """

    registered: Registered
    entities: tuple[Entity, ...]
    probes: Mapping[str, Probe]
    code: Path = PROJECT
    permissions: Permissions = field(default_factory=lambda: PERMISSIONS)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The entities under attack."""
        return targets(self.registered, self.entities, self.probes, self.permissions)

    @cached_property
    def tables(self) -> tuple[Target, ...]:
        """Those of them whose rows are in a table of the database."""
        return tuple(each for each in self.targets if each.table)

    @cached_property
    def me(self) -> Route:
        """The route that answers who is calling.

        Raises:
            LookupError: there is none.
        """
        for path, method, entry in authorized(self.registered):
            if (method, path) == ("GET", ME):
                return route_of(method, path, entry, self.permissions)
        raise LookupError(f"the app has no GET {ME}")

    @property
    def routes(self) -> list[tuple[Target | None, Route]]:
        """Every route under attack with its entity, and the one that is of none."""
        return [(None, self.me), *((target, route) for target in self.targets for route in target.routes)]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names that the code could read from a request, but for those of the tenants."""
        found = names_in(self.code / each for each in CODE)
        return tuple(each for each in dict.fromkeys((*CUSTOMARY, *found)) if each not in {ATTACKER, VICTIM})

    def named(self, names: Iterable[str]) -> frozenset[str]:
        """Return these names of entities.

        Raises:
            CommandError: one is none of them.
        """
        known = [each.name for each in self.entities]
        for name in names:
            if name not in known:
                there = f"there are {', '.join(known)}" if known else "there is none"
                raise CommandError(f"no entity is called {name}: {there}")
        return frozenset(names)


def served(code: Path = PROJECT) -> Served:
    """Return what the app of this project serves, with the names that the code in a folder holds."""
    from app import app  # noqa: PLC0415 -- it registers the routes
    from chalicelib.entities import ENTITIES  # noqa: PLC0415 -- as the app has them

    return Served(app.routes, ENTITIES, probes_of(ENTITIES), code)
