"""A small app of three entities, served in this process: its rows lie in a dictionary, and IAM is a comparison.

`samples` are found by their whole key and changed by version, `lines` have ids that the caller chooses, `notes` are of
a table. A test puts a bug into it by giving another function for the tenant, or another check of keys.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from chalice.app import AuthResponse, AuthRoute, Chalice, Response
from pydantic import Field

from chalicelib.data.partitions import PartitionKey
from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.entities.entity import Entity
from chalicelib.entities.probe import Probe
from chalicelib.errors import (
    InvalidKeyError,
    InvalidRequestError,
    PreconditionFailedError,
    RowNotFoundError,
    TenantAccessDeniedError,
)
from chalicelib.http.authorization import current_tenant
from chalicelib.http.operations import Operation
from chalicelib.http.parameters import (
    LIMIT,
    Parameter,
    cursor_after,
    encode_cursor,
    parse_cursor,
    parse_limit,
    parse_parameter,
    parse_path_parameter,
    text_of_form,
)
from chalicelib.http.preconditions import IF_MATCH, required_versions
from chalicelib.http.requests import Body, Patch, parse_body
from chalicelib.tenancy.permissions import Permission
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice.app import Request

_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_LINE_ID = re.compile(r"[a-z-]{1,64}")
SAMPLES = Entity("samples", "Samples", Kind("sample", Sharding(3)))
LINES = Entity("lines", "Lines", Kind("line", Sharding(1)))
NOTES = Entity("notes", "Notes", TenantTable("notes", "note_id"))
ENTITIES = (SAMPLES, LINES, NOTES)
PROBES = {
    "samples": Probe(
        body=lambda text: {"name": text, "size": 1},
        holds="name",
        change={"size": 2},
        by_key="shard={shard_id}&sample_id={row_id}",
    ),
    "lines": Probe(body=lambda text: {"name": text, "size": 1}, holds="name", change={"size": 2}, row_id="a-line"),
    "notes": Probe(body=lambda text: {"title": text}, holds="title", change={"title": "changed"}),
}
_READS, _WRITES = tuple(Role), (Role.MEMBER, Role.ADMIN)
ROLES = {
    "GET /me": _READS,
    "GET /samples": _READS,
    "POST /samples": _WRITES,
    "GET /samples/*": _READS,
    "PATCH /samples/*": _WRITES,
    "DELETE /samples/*": _WRITES,
    "GET /lines": _READS,
    "PUT /lines/*": _WRITES,
    "DELETE /lines/*": _WRITES,
    "GET /notes": _READS,
    "POST /notes": (Role.ADMIN,),
    "GET /notes/*": _READS,
    "PATCH /notes/*": (Role.ADMIN,),
    "DELETE /notes/*": (Role.ADMIN,),
}
PERMISSIONS = {role: tuple(Permission(*each.split()) for each in ROLES if role in ROLES[each]) for role in Role}


class SampleNotFoundError(RowNotFoundError):
    """The caller's tenant has no such row."""


class SampleBody(Body):
    """A sample or a line."""

    name: str = Field(min_length=1)
    size: int


class SamplePatch(Patch):
    """Some fields of them."""

    name: str = Field(default=None)  # type: ignore[assignment]
    size: int = Field(default=None)  # type: ignore[assignment]


class NoteBody(Body):
    """A note."""

    title: str = Field(min_length=1)


class NotePatch(Patch):
    """Its title."""

    title: str = Field(default=None)  # type: ignore[assignment]


Rows = dict[tuple[str, str], dict[str, dict[str, Any]]]
View = TypeVar("View", bound="Callable[..., Any]")
_KEY = (Parameter("shard", "", {}), Parameter("sample_id", "", {}))


@dataclass
class Data:
    """What the app keeps, by tenant and entity, and the decisions of what plays IAM."""

    rows: Rows = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)

    def of(self, tenant: str, name: str) -> dict[str, dict[str, Any]]:
        """Return a tenant's rows of an entity, by id."""
        return self.rows.setdefault((tenant, name), {})

    def by_key(self, caller: TenantContext, key: PartitionKey, row_id: str) -> dict[str, Any]:
        """Return the row of this key, as IAM lets the caller read it."""
        if key.tenant_id != caller.tenant_id:
            self.decisions.append(refusal(caller, f"r-{len(self.decisions)}"))
            raise TenantAccessDeniedError("IAM does not let this tenant do that.")
        return found(self.of(key.tenant_id, "samples").get(row_id))


def refusal(caller: TenantContext, request_id: str) -> dict[str, Any]:
    """Return the decision by which the leading key's condition refuses a session."""
    condition = {
        "statement": "ReadOwnPartitionOnly",
        "operator": "ForAllValues:StringLike",
        "key": "dynamodb:LeadingKeys",
        "wanted": [f"{caller.tenant_id}#*"],
        "actual": [],
    }
    return {
        "request_id": request_id,
        "action": "dynamodb:GetItem",
        "decision": "ImplicitlyDenied",
        "principal": f"arn/{caller.tenant_id}.{caller.role}",
        "policy_kind": "session",
        "statement": None,
        "unmet": [condition],
        "tags": {"tenant": caller.tenant_id},
        "message": "no",
    }


def found(row: dict[str, Any] | None) -> dict[str, Any]:
    """Return a row that must be there."""
    if row is None:
        raise SampleNotFoundError("There is no such row.")
    return row


class SampleApp:
    """The app; with other arguments than these it has a bug."""

    def __init__(
        self,
        data: Data,
        tenant_of: Callable[[Request], TenantContext] = current_tenant,
        *,
        by_key: Callable[[Data, TenantContext, PartitionKey, str], dict[str, Any]] = Data.by_key,
        versions: Callable[[Request], frozenset[int] | None] = required_versions,
        roles: Mapping[Role, Any] = PERMISSIONS,
        slip: Callable[[Request, Data, str], list[Any]] = lambda *_: [],
        more: Callable[[SampleApp], None] = lambda _: None,
    ) -> None:
        self.app = Chalice("sample")
        self.tenant_of = tenant_of
        self.by_key = by_key
        self.versions = versions
        self.data = data
        self._roles = roles
        self._slip = slip
        self._authorizer = self.app.authorizer(name="authorizer")(self._authorize)
        for add in (_add_me, _add_samples, _add_lines, _add_notes, more):
            add(self)

    def view(self, at: str, method: str, **operation: Any) -> Callable[[View], View]:
        """Decorate a view of a route, with what its operation says."""

        def decorate(function: View) -> View:
            described = Operation(answers={}, **operation)(function)
            self.app.route(at, methods=[method], authorizer=self._authorizer, name=f"{method} {at}")(described)
            return described

        return decorate

    @property
    def request(self) -> Any:
        """The request that is served."""
        return self.app.current_request

    def rows(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the caller's rows of an entity, by id."""
        return self.data.of(self.tenant_of(self.request).tenant_id, name)

    def listed(self, name: str, form: re.Pattern[str]) -> dict[str, Any]:
        """Return a page of them."""
        limit, after = parse_limit(self.request), parse_cursor(self.request, form)
        there = [key for key in sorted(self.rows(name)) if key > (after or "")]
        rows = [self.rows(name)[key] for key in there[:limit]]
        following = there[limit - 1] if len(there) > limit else None
        return {"rows": rows + self._slip(self.request, self.data, name), "next_cursor": encode_cursor(following)}

    def made(self, name: str, id_name: str, model: Any) -> Response:
        """Make a row of the request's body."""
        row = parse_body(self.request, model).model_dump()
        row_id = str(uuid.uuid4())
        self.rows(name)[row_id] = {id_name: row_id, "version": 1, **row}
        return Response(self.rows(name)[row_id], status_code=201)

    def changed(self, name: str, row_id: str, model: Any) -> dict[str, Any]:
        """Change a row as the request's body says."""
        changes = parse_body(self.request, model).model_dump(exclude_unset=True)
        row = found(self.rows(name).get(row_id))
        row.update(changes, version=row["version"] + 1)
        return row

    def gone(self, name: str, row_id: str) -> Response:
        """Delete a row."""
        found(self.rows(name).pop(row_id, None))
        return Response("", status_code=204)

    def _authorize(self, request: Any) -> AuthResponse:
        tenant, _, role = request.token.removeprefix("Bearer ").partition(".")
        context = TenantContext(tenant, Role(role), "user", "user@example.com")
        routes: list[str | AuthRoute] = [AuthRoute(each.path, [each.method]) for each in self._roles[context.role]]
        return AuthResponse(routes, "user", context.to_authorizer_context())


def _add_me(app: SampleApp) -> None:
    @app.view("/me", "GET")
    def me() -> Any:
        tenant = app.tenant_of(app.request)
        return {"tenant": tenant.tenant_id, "role": tenant.role}


def _add_samples(app: SampleApp) -> None:
    of_one: dict[str, Any] = {
        "path": (Parameter("sample_id", "", text_of_form(_ID)),),
        "errors": (InvalidRequestError, SampleNotFoundError),
    }

    @app.view("/samples", "GET", query=(LIMIT, cursor_after("x"), *_KEY), errors=(SampleNotFoundError,))
    def samples() -> Any:
        shard, sample_id = parse_parameter(app.request, "shard"), parse_parameter(app.request, "sample_id")
        if shard is None and sample_id is None:
            return app.listed("samples", _ID)
        if shard is None or sample_id is None or {"limit", "cursor"} & set(app.request.query_params):
            raise InvalidRequestError("shard, sample_id: must be given together")
        try:
            return app.by_key(app.data, app.tenant_of(app.request), PartitionKey.parse(shard), sample_id)
        except InvalidKeyError as error:
            raise InvalidRequestError(str(error)) from error

    @app.view("/samples", "POST", body=SampleBody)
    def make_sample() -> Any:
        return app.made("samples", "sample_id", SampleBody)

    @app.view("/samples/{sample_id}", "GET", **of_one)
    def sample(sample_id: str) -> Any:
        return found(app.rows("samples").get(parse_path_parameter("sample_id", sample_id, _ID)))

    @app.view("/samples/{sample_id}", "PATCH", **of_one, headers=(IF_MATCH,), body=SamplePatch)
    def change_sample(sample_id: str) -> Any:
        expected = app.versions(app.request)
        parse_body(app.request, SamplePatch)
        row = found(app.rows("samples").get(sample_id))
        if expected is not None and row["version"] not in expected:
            raise PreconditionFailedError("It has changed.")
        return app.changed("samples", sample_id, SamplePatch)

    @app.view("/samples/{sample_id}", "DELETE", **of_one)
    def drop_sample(sample_id: str) -> Any:
        return app.gone("samples", sample_id)


def _add_lines(app: SampleApp) -> None:
    @app.view("/lines", "GET", query=(LIMIT, cursor_after("x")))
    def lines() -> Any:
        return app.listed("lines", _LINE_ID)

    @app.view("/lines/{line_id}", "PUT", path=(Parameter("line_id", "", text_of_form(_LINE_ID)),), body=SampleBody)
    def put_line(line_id: str) -> Any:
        row = parse_body(app.request, SampleBody).model_dump()
        app.rows("lines")[line_id] = {"line_id": line_id, **row}
        return app.rows("lines")[line_id]

    @app.view("/lines/{line_id}", "DELETE", errors=(SampleNotFoundError,))
    def drop_line(line_id: str) -> Any:
        return app.gone("lines", line_id)


def _add_notes(app: SampleApp) -> None:
    @app.view("/notes", "GET", query=(LIMIT, cursor_after("x")))
    def notes() -> Any:
        return app.listed("notes", _ID)

    @app.view("/notes", "POST", body=NoteBody)
    def make_note() -> Any:
        return app.made("notes", "note_id", NoteBody)

    @app.view("/notes/{note_id}", "GET", errors=(SampleNotFoundError,))
    def note(note_id: str) -> Any:
        return found(app.rows("notes").get(parse_path_parameter("note_id", note_id, _ID)))

    @app.view("/notes/{note_id}", "PATCH", errors=(SampleNotFoundError,), body=NotePatch)
    def change_note(note_id: str) -> Any:
        return app.changed("notes", note_id, NotePatch)

    @app.view("/notes/{note_id}", "DELETE", errors=(SampleNotFoundError,))
    def drop_note(note_id: str) -> Any:
        return app.gone("notes", note_id)
