"""Liveness, for anyone."""

from __future__ import annotations

from typing import Literal

from chalice.app import Blueprint
from typing_extensions import TypedDict  # pydantic takes typing's own from Python 3.12 on only

from chalicelib.http.answers import CORS
from chalicelib.http.operations import DescribedResponse, Operation

health = Blueprint(__name__)


class HealthAnswer(TypedDict):
    """The application runs."""

    status: Literal["ok"]


@health.route("/health", cors=CORS)
@Operation(answers={200: DescribedResponse("The application runs.", HealthAnswer)})
def get_health() -> HealthAnswer:
    """Answer that the application runs; touches no setting, tenant or service."""
    return {"status": "ok"}
