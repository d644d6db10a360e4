"""Request bodies as a caller writes them, and why they are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.errors import InvalidRequestError
from chalicelib.http.requests import parse_body

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalicelib.http.requests import Body
    from tests.support.requests import MakeRequest


def written(literals: Mapping[str, str | None]) -> str:
    """Write a body of JSON literals, without those that are None."""
    return "{" + ", ".join(f'"{name}": {literal}' for name, literal in literals.items() if literal is not None) + "}"


def refusal(make_request: MakeRequest, text: str, model: type[Body]) -> str:
    """Return why the body is refused."""
    with pytest.raises(InvalidRequestError) as refused:
        parse_body(make_request(text), model)
    assert len(str(refused.value)) < 500, "a refusal does not echo the body"
    return str(refused.value)
