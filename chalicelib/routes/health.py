"""Liveness, for anyone."""

from __future__ import annotations

from chalice.app import Blueprint

from chalicelib.routes.answers import CORS

health = Blueprint(__name__)


@health.route("/health", cors=CORS)
def get_health() -> dict[str, str]:
    """Answer that the application runs; touches no setting, tenant or service."""
    return {"status": "ok"}
