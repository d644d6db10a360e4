"""The local API with a bug: every store gets the rows of another tenant than the one whose credentials it holds."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib import wiring
from chalicelib.data.partitions import Partitions
from chalicelib.data.table import Table
from stage.local.api import main

if TYPE_CHECKING:
    from chalicelib.data.storage import Kind
    from chalicelib.vending.handles import Handle


def table_of_acme(handle: Handle, kind: Kind, *, versioned: bool = False) -> Table:
    """Return acme's rows, whoever asks."""
    client, name = wiring.scoped_clients().dynamodb(handle), wiring.config().table_name
    partitions = Partitions(replace(handle.tenant, tenant_id="acme"), kind)
    return Table(client, name, partitions, wiring.listing_threads, versioned=versioned)


if __name__ == "__main__":
    wiring.table = table_of_acme
    sys.exit(main())
