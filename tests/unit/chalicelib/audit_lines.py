"""What is written to the audit log while a test runs."""

from __future__ import annotations

import io
import json
import logging
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from chalicelib.tenancy import audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OF_EVERY_LINE = ("level", "message", "timestamp", "service", "name")


@contextmanager
def audit_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Give a function that returns the lines so far, read as JSON."""
    logger = logging.getLogger(audit._logger().name)
    (handler,) = (each for each in logger.handlers if isinstance(each.formatter, LambdaPowertoolsFormatter))
    assert isinstance(handler, logging.StreamHandler)
    handler.stream = written = io.StringIO()  # not by setStream: the former one may be a test's that is over
    try:
        yield lambda: [json.loads(line) for line in written.getvalue().split("\n") if line]
    finally:
        handler.stream = sys.__stdout__


def without_what_every_line_has(line: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that tell one line from another."""
    return {name: value for name, value in line.items() if name not in _OF_EVERY_LINE}
