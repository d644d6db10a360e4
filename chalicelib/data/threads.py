"""Threads that work for a request."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from chalicelib.vending.handles import for_this_request

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class RequestThreads(ThreadPoolExecutor):
    """Threads that work in the context of who asks them: the calls of AWS that they make are those of that request."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run it in a copy of the caller's context, for the caller's request."""
        return super().submit(partial(copy_context().run, for_this_request(fn), *args, **kwargs))
