"""Rows of any entity over the API, made as the entity's probe says: how one is asked for, and where it is then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from chalicelib.data.partitions import Partitions
from chalicelib.data.storage import Kind
from chalicelib.tenancy.permissions import PERMISSIONS, Permission
from chalicelib.tenancy.tenant import Role, TenantContext
from stage.errors import CommandError

if TYPE_CHECKING:
    from chalicelib.entities.entity import Entity


@dataclass(frozen=True, slots=True)
class Creation:
    """The request that makes a row; of a role that may do everything it is answered with 201."""

    method: str
    path: str
    body: dict[str, Any]

    @classmethod
    def of(cls, entity: Entity, text: str, *, number: int = 0) -> Self:
        """Return the request for a row that holds this text.

        `number` tells several rows of one tenant apart where the caller chooses their ids.
        """
        probe = entity.probe()
        if probe.row_id:
            return cls("PUT", f"/{entity.name}/{probe.row_id}{f'-{number}' if number else ''}", probe.body(text))
        return cls("POST", f"/{entity.name}", probe.body(text))

    def row(self, location: str | None) -> str:
        """Return the path of the row that was made, from the answer's `Location`.

        Raises:
            CommandError: the answer has none, and the caller did not choose the id.
        """
        if self.method == "PUT":
            return self.path
        if location is None:
            raise CommandError(f"{self.method} {self.path} says in no Location where the new row is")
        return location


def is_read_alone(entity: Entity) -> bool:
    """Return whether there is a `GET /NAME/{id}`; else a row is read in the list only."""
    return _may("GET", entity)


def is_deleted(entity: Entity) -> bool:
    """Return whether there is a `DELETE /NAME/{id}`."""
    return _may("DELETE", entity)


def path_by_key(entity: Entity, tenant: TenantContext, row: str) -> str | None:
    """Return the path that asks for a tenant's row by its whole primary key, None where the entity has no such route.

    Whose the key is, only IAM judges.
    """
    query, kind, row_id = entity.probe().by_key, entity.storage, row.rpartition("/")[2]
    if not query or not isinstance(kind, Kind):
        return None
    shard_id = Partitions(tenant, kind).candidates(row_id)[0]
    return f"/{entity.name}?{query.format(shard_id=quote(shard_id, safe=''), row_id=row_id)}"


def _may(method: str, entity: Entity) -> bool:
    return Permission(method, f"/{entity.name}/*") in PERMISSIONS[Role.ADMIN]
