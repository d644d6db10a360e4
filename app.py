"""Composition root: registers blueprints and functions; no logic.

Importing it reads no setting and makes no call: `chalice package` imports it before anything is deployed.
"""

from __future__ import annotations

from chalice.app import Chalice

from chalicelib import PRODUCT
from chalicelib.control_plane.functions import control_plane
from chalicelib.entities import ENTITIES
from chalicelib.http.answers import finish_answer
from chalicelib.http.authorization import authorization
from chalicelib.http.health import health
from chalicelib.http.me import me
from chalicelib.http.openapi import openapi

app = Chalice(app_name=PRODUCT)
app.register_middleware(finish_answer, "http")

for blueprint in (authorization, health, openapi, me, *(entity.blueprint() for entity in ENTITIES), control_plane):
    app.register_blueprint(blueprint)
