"""The local API with a bug: its stores take another tenant than the one whose credentials they hold.

Of every entity: partitions of acme's are asked for with the caller's credentials, and acme's rows of a table are named
in a transaction of the caller's.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from chalicelib import wiring
from chalicelib.data import rows
from chalicelib.data.partitions import Partitions
from chalicelib.data.table import Table
from stage.local.api import main

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.data.database import Connection, Database, Login
    from chalicelib.data.storage import Kind, TenantTable
    from chalicelib.tenancy.tenant import TenantContext

_VICTIM = "acme"
_init_rows = rows.Rows.__init__


def table_of_the_victim(tenant: TenantContext, kind: Kind, *, versioned: bool = False) -> Table:
    """Return acme's rows of a kind, whoever asks."""
    client, name = wiring.scoped_clients().dynamodb(tenant), wiring.config().table_name
    partitions = Partitions(replace(tenant, tenant_id=_VICTIM), kind)
    return Table(client, name, partitions, wiring.listing_threads, versioned=versioned)


@dataclass(frozen=True)
class TransactionsOfTheCaller:
    """The database, where every transaction is the caller's, whatever tenant a store names."""

    database: Database
    caller: TenantContext

    @contextmanager
    def tenant_transaction(self, _: TenantContext, login: Login) -> Iterator[Connection]:
        """See Database."""
        with self.database.tenant_transaction(self.caller, login) as connection:
            yield connection


def init_rows_of_the_victim(
    self: rows.Rows, database: Database, tenant: TenantContext, table: TenantTable, columns: tuple[str, ...]
) -> None:
    """Make them acme's rows in transactions of whoever asks."""
    transactions = cast("Database", TransactionsOfTheCaller(database, tenant))
    _init_rows(self, transactions, replace(tenant, tenant_id=_VICTIM), table, columns)


if __name__ == "__main__":
    setattr(wiring, "table", table_of_the_victim)  # noqa: B010 -- as a bug there would
    setattr(rows.Rows, "__init__", init_rows_of_the_victim)  # noqa: B010
    sys.exit(main())
