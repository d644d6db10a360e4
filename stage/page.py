"""What the page is told of the application, on every stage: in a stage's `config.json`, and first in build/api.json."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from chalicelib.data.storage import TenantTable
from chalicelib.entities import ENTITIES
from chalicelib.tenancy.permissions import PERMISSIONS
from chalicelib.tenancy.tenant import Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.entities.entity import Entity
    from chalicelib.tenancy.permissions import Permission


class PageEntity(TypedDict):
    """An entity in the page's navigation."""

    name: str
    title: str
    writers: list[str]


def page_entities(entities: Iterable[Entity] = ENTITIES) -> list[PageEntity]:
    """Return the entities in the order of the navigation, each with the roles that may change anything of it.

    The writers follow from permissions.json: a role is one that may call any of the entity's routes but those of GET.
    """
    return [
        {"name": entity.name, "title": entity.title, "writers": [str(role) for role in Role if _writes(role, entity)]}
        for entity in entities
    ]


def first_table(entities: Iterable[Entity] = ENTITIES) -> str | None:
    """Return the table whose rows the page's view Isolation counts; None where PostgreSQL holds no entity."""
    return next((entity.storage.name for entity in entities if isinstance(entity.storage, TenantTable)), None)


def _writes(role: Role, entity: Entity) -> bool:
    return any(permission.method != "GET" and _is_of(permission, entity) for permission in PERMISSIONS[role])


def _is_of(permission: Permission, entity: Entity) -> bool:
    return permission.path.split("/")[1] == entity.name
