"""What an entity is to everything that lists entities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.data.storage import Storage


@dataclass(frozen=True, slots=True)
class Entity:
    """One folder of entities: `name` is the folder's, the route's and the page's module."""

    name: str
    title: str
    storage: Storage
