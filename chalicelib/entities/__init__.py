"""What the product keeps for a tenant: one folder for each entity, with its store and its routes."""

from __future__ import annotations

from chalicelib.data.entities import Entities
from chalicelib.data.partitions import SHARDING

#: What is exported and erased when a tenant leaves. A test holds the tables against the database's catalog.
ENTITIES = Entities(sharding=SHARDING, tables={"users": "user_id"})
