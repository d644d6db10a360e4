"""The routes that every product has, whatever its entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.http_api import Api
    from tests.support.people import Person


def test_anyone_may_ask_for_health(anyone: Api) -> None:
    """Liveness needs no token."""
    answer = anyone.call("GET", "/health")

    assert (answer.status, answer.body) == (200, {"status": "ok"})


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_me_is_what_the_token_says(person: Callable[..., Person], role: str) -> None:
    """The tenant context comes from the verified token."""
    me = person("acme-eu", role).call("GET", "/me").body

    assert me.pop("user_id")
    assert me == {"tenant": "acme-eu", "role": role, "email": f"{role}@acme-eu.example.com"}
