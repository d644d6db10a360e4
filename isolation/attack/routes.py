"""The routes that attacks are made of: what the application serves to a role, and the entity whose rows it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from chalicelib.data.partitions import Partitions
from chalicelib.data.storage import Kind, TenantTable
from chalicelib.errors import RowNotFoundError
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from chalicelib.entities.entity import Entity
    from chalicelib.entities.probe import Probe
    from chalicelib.http.operations import Operation

#: What Chalice has registered: path → method → its entry.
Registered: TypeAlias = "Mapping[str, Mapping[str, Any]]"
#: The routes that permissions.json gives each role.
Permissions: TypeAlias = "Mapping[Role, Collection[Permission]]"
#: The one authorized route of no entity: it answers who is calling.
ME = "/me"
IF_MATCH = "If-Match"
_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a path, what it takes and answers, and the roles that permissions.json gives it."""

    method: str
    path: str
    operation: Operation
    roles: tuple[Role, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return _PARAMETER.findall(self.path)

    @property
    def writes(self) -> bool:
        """Whether it may change a row."""
        return self.method not in {"GET", "HEAD"}

    @property
    def fields(self) -> list[str]:
        """The fields that its body may have."""
        return list(self.operation.body.model_fields) if self.operation.body else []

    @property
    def query(self) -> list[str]:
        """The names that its query may have."""
        return [each.name for each in self.operation.query]

    @property
    def headers(self) -> list[str]:
        """The headers that it reads, as far as it says."""
        return [each.name for each in self.operation.headers]

    @property
    def not_found(self) -> frozenset[str]:
        """The codes by which it says that the caller's tenant has no such row."""
        return frozenset(each.__name__ for each in self.operation.errors if issubclass(each, RowNotFoundError))


def roles_of(method: str, path: str, permissions: Permissions) -> tuple[Role, ...]:
    """Return the roles that a route is given."""
    permission = Permission.of(method, path)
    return tuple(role for role in Role if permission in permissions[role])


def matches(registered: Registered, path: str) -> bool:
    """Return whether a route is registered for a path."""
    return any(re.fullmatch(_PARAMETER.sub("[^/]+", each), path) for each in registered)


@dataclass(frozen=True, slots=True)
class Target:
    """An entity under attack, with those of its routes whose attacks its probe has what they need for."""

    entity: Entity
    probe: Probe
    routes: tuple[Route, ...]

    @property
    def name(self) -> str:
        """The entity's name."""
        return self.entity.name

    @property
    def kind(self) -> Kind | None:
        """Its kind of the pooled table, None where it has none."""
        return self.entity.storage if isinstance(self.entity.storage, Kind) else None

    @property
    def table(self) -> TenantTable | None:
        """Its table of the database, None where it has none."""
        return self.entity.storage if isinstance(self.entity.storage, TenantTable) else None

    @property
    def id_name(self) -> str:
        """The path parameter that names one of its rows; empty where no route takes one."""
        rows = (_PARAMETER.fullmatch(each.path.removeprefix(f"/{self.name}/")) for each in self.routes)
        return next((row[1] for row in rows if row), "")

    @property
    def lists(self) -> Route | None:
        """The route that lists its rows."""
        return self._route("GET", f"/{self.name}")

    @property
    def takes_keys(self) -> Route | None:
        """The route that takes a whole primary key, which IAM judges."""
        return self.lists if self.probe.by_key and self.kind else None

    @property
    def reads(self) -> Route | None:
        """The route that reads one."""
        return self._route("GET", self._one)

    @property
    def makes(self) -> Route | None:
        """The route that makes one: POST, or PUT where the caller chooses the id."""
        return self._route("PUT", self._one) if self.probe.row_id else self._route("POST", f"/{self.name}")

    @property
    def deletes(self) -> Route | None:
        """The route that deletes one."""
        return self._route("DELETE", self._one)

    def body(self, route: Route, text: str) -> Mapping[str, Any] | None:
        """Return the body that a route takes, with this text where it writes a whole row."""
        if not route.operation.body:
            return None
        if str(route) in self.probe.bodies:
            return self.probe.bodies[str(route)]
        return self.probe.change if route.method == "PATCH" else self.probe.body(text)

    def key(self, tenant: str, row_id: str) -> str:
        """Return the partition key of a tenant's row, which must be of the pooled table.

        Raises:
            ValueError: it is a table's.
        """
        if self.kind is None:
            raise ValueError(f"{self.name} are not in the pooled table")
        context = TenantContext(tenant, Role.VIEWER, "attack", "-")
        return Partitions(context, self.kind).candidates(row_id)[0]

    @property
    def _one(self) -> str:
        return f"/{self.name}/{{{self.id_name}}}"

    def _route(self, method: str, path: str) -> Route | None:
        return next((each for each in self.routes if (each.method, each.path) == (method, path)), None)
