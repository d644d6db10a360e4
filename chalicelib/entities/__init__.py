"""What the product keeps for a tenant: one folder for each entity, with its store and its routes."""

from __future__ import annotations

from chalicelib.data.partitions import SHARDING
from chalicelib.data.tenant_data import TenantData

#: What is exported and erased when a tenant leaves. A test holds the tables against the database's catalog.
TENANT_DATA = TenantData(sharding=SHARDING, tables={"users": "user_id"})
