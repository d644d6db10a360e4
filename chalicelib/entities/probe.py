"""How the evidence makes a row of an entity as one tenant, to ask for it as another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What must be known of an entity to attack its routes and rows; the rest is in its routes and their operations.

    Args:
        body: the body of a new row that holds this text, up to 60 letters, digits and hyphens, and shows it when it is
            read. It is sent with POST to `/NAME`, or with PUT to `/NAME/{row_id}`. For a table of the database its
            fields are columns.
        holds: the field of the body that is the text: an attribute, or a column of its table.
        change: the body of a PATCH.
        row_id: the id of the new row, where the caller chooses it.
        by_key: the query of `GET /NAME` that takes one row's whole primary key, `{shard_id}` and `{row_id}`, and lets
            IAM judge whose it is; empty where there is none.
        bodies: the bodies of further routes, such as `{"POST /NAME/{row_id}/notes": {"text": "x"}}`.
    """

    body: Callable[[str], dict[str, Any]]
    holds: str
    change: Mapping[str, Any] = field(default_factory=dict)
    row_id: str = ""
    by_key: str = ""
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
