"""What an entity is: where its rows lie, and the modules of its folder by their names.

The folder `chalicelib/entities/NAME` holds `ENTITY` in `__init__.py`, the `blueprint` in `routes.py`, the store in
`store.py`, and in `probe.py` what the evidence attacks it with. `/NAME` is where its routes begin.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Blueprint

    from chalicelib.data.database import Database
    from chalicelib.data.storage import Storage
    from chalicelib.entities.probe import Probe
    from chalicelib.vending.handles import Handle


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity of the product.

    Args:
        name: its folder's, in the plural, such as `invoices`.
        title: what the page calls it.
        storage: where its rows lie; a tenant's are exported and erased there when the tenant leaves.
        on_onboarded: what it does in the database once a tenant has its first administrator, who is the tenant context
            of the handle. It may run again for the same tenant, and then changes nothing.
    """

    name: str
    title: str
    storage: Storage
    on_onboarded: Callable[[Database, Handle], None] | None = None

    def blueprint(self) -> Blueprint:
        """Return its routes."""
        return cast("Blueprint", import_module(f"{__package__}.{self.name}.routes").blueprint)

    def probe(self) -> Probe:
        """Return what the evidence attacks it with; nothing that is deployed asks for it."""
        return cast("Probe", import_module(f"{__package__}.{self.name}.probe").PROBE)


def entities(*names: str) -> tuple[Entity, ...]:
    """Return the entities of these folders."""
    return tuple(cast("Entity", import_module(f"{__package__}.{name}").ENTITY) for name in names)
