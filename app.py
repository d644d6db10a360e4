"""Composition root: registers blueprints and functions; no logic.

Importing it reads no setting and makes no call: `chalice package` imports it before anything is deployed.
"""

from __future__ import annotations

from chalice.app import Chalice

from chalicelib.control_plane.functions import control_plane
from chalicelib.routes.answers import finish_answer
from chalicelib.routes.authorization import authorization
from chalicelib.routes.carts import carts
from chalicelib.routes.health import health
from chalicelib.routes.items import items
from chalicelib.routes.me import me
from chalicelib.routes.openapi import openapi
from chalicelib.routes.users import users

app = Chalice(app_name="bulkhead")
app.register_middleware(finish_answer, "http")

for blueprint in (authorization, health, openapi, me, items, carts, users, control_plane):
    app.register_blueprint(blueprint)
