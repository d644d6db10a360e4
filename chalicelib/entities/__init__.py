"""What the product keeps for a tenant: one folder for each entity, with its store and its routes."""

from __future__ import annotations

from chalicelib.data.partitions import SHARDING
from chalicelib.data.storage import Kind, Sharding, TenantTable
from chalicelib.data.tenant_data import TenantData
from chalicelib.entities.entity import Entity

#: In the order of the page's navigation.
ENTITIES = (
    Entity("items", "Items", Kind("item", Sharding(10))),
    Entity("cart", "Cart", Kind("cart", Sharding(1))),
    Entity("users", "Users", TenantTable("users", "user_id")),
)

#: What is exported and erased when a tenant leaves. A test holds the tables against the database's catalog.
TENANT_DATA = TenantData(sharding=SHARDING, tables={"users": "user_id"})
