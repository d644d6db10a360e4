"""How a connection is read: moto's way, which keeps the address as it was sent."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler


class RequestHandler(MotoRequestHandler):
    """Gives silent connections up, and keeps quiet."""

    disable_nagle_algorithm = True
    timeout = 30
    """Seconds of silence after which a connection is given up: else whoever sends half a request keeps a thread."""

    def make_environ(self) -> dict[str, Any]:
        """Answer 400 to a request target that cannot be split, such as `http://[/`, and end that request."""
        try:
            environ: dict[str, Any] = super().make_environ()
        except ValueError:
            self.send_error(HTTPStatus.BAD_REQUEST)
            raise ConnectionAbortedError from None  # ends this request and nothing else
        return environ

    def log_request(self, *_: object) -> None:
        """Stay silent: Terraform alone makes hundreds of requests."""
