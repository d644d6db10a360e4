"""What the product keeps for a tenant: one folder for each entity, and one line here."""

from __future__ import annotations

from chalicelib.entities.entity import entities

#: In the order in which the page shows them, and in which an offboarding erases them.
ENTITIES = entities(
    "items",
    "cart",
    "users",
)
