"""Whoever adds a route by hand learns here, and only here, what else it needs."""

from __future__ import annotations

from pathlib import Path

from app import app
from chalicelib.entities import ENTITIES
from isolation.attack.coverage import gaps, probes_of
from ops.routes_table import routes_table, with_table
from tests.support.routes import missing_permissions, undescribed_routes

PROJECT = Path(__file__).parents[2]


def test_every_route_has_its_permission_its_description_and_its_attacks() -> None:
    """One test for all of it: its message is the list of what to write, and where."""
    undescribed = undescribed_routes(app)
    missing = [*undescribed, *missing_permissions(app)]
    if not undescribed:
        missing += gaps(app.routes, ENTITIES, probes_of(ENTITIES))
    readme = (PROJECT / "README.md").read_text()
    if not undescribed and with_table(readme, routes_table(app.routes)) != readme:
        missing.append("README.md: its table of routes is an old one; `make format` writes it")

    assert not missing, "\n".join(["", *missing])
