"""What the page is told of the application, on every stage: in a stage's `config.json`, and first in build/api.json."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, TypedDict

from chalicelib.data.storage import TenantTable
from chalicelib.entities import ENTITIES
from chalicelib.tenancy.permissions import PERMISSIONS
from chalicelib.tenancy.tenant import Role
from stage.errors import CommandError
from stage.local.processes import process_basics

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from chalicelib.entities.entity import Entity
    from chalicelib.tenancy.permissions import Permission


class PageEntity(TypedDict):
    """An entity in the page's navigation."""

    name: str
    title: str
    writers: list[str]


class Told(TypedDict):
    """What a development stage tells its page of the application."""

    entities: list[PageEntity]
    table: str | None


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


def told_of(project: Path) -> Told:
    """Return what the page is told of the application in that folder, which need not be the one that runs here.

    Raises:
        CommandError: its entities cannot be read.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "stage.page"],
        env=process_basics(os.environ),
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        why = (ran.stderr.strip().splitlines() or ["without a word"])[-1]
        raise CommandError(f"the entities of {project} cannot be read: {why}")
    told: Told = json.loads(ran.stdout)
    return told


def _writes(role: Role, entity: Entity) -> bool:
    return any(permission.method != "GET" and _is_of(permission, entity) for permission in PERMISSIONS[role])


def _is_of(permission: Permission, entity: Entity) -> bool:
    return permission.path.split("/")[1] == entity.name


if __name__ == "__main__":
    print(json.dumps(Told(entities=page_entities(), table=first_table())))
