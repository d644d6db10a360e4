"""What Chalice cannot know about a view: what it takes and what it answers. The OpenAPI document is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.errors import AppError
    from chalicelib.http.parameters import Parameter
    from chalicelib.http.requests import Body

_ATTRIBUTE = "operation"
View = TypeVar("View", bound="Callable[..., Any]")


@dataclass(frozen=True, slots=True)
class DescribedResponse:
    """A successful answer; `body` is a type that pydantic can describe, None for an answer without a body."""

    description: str
    body: Any = None
    headers: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """What a view takes and answers: a decorator, to be put under `route`.

    What the authorizer and Chalice themselves refuse is not repeated here.
    """

    answers: Mapping[int, DescribedResponse]
    body: type[Body] | None = None
    path: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    headers: tuple[Parameter, ...] = ()
    errors: tuple[type[AppError], ...] = ()

    def __call__(self, view: View) -> View:
        """Attach the description to the view."""
        setattr(view, _ATTRIBUTE, self)
        return view


def operation_of(view: Callable[..., Any]) -> Operation:
    """Return what the view says about itself.

    Raises:
        TypeError: it says nothing; a unit test keeps such a view from being deployed.
    """
    described = getattr(view, _ATTRIBUTE, None)
    if described is None:
        raise TypeError(f"the view {view.__name__} lacks an @Operation")
    return cast("Operation", described)
