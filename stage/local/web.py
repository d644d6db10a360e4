"""Serves the page of a stage on one machine, with the headers that CloudFront gives it on AWS.

Its files and its entities are those of the project that the stage runs. Beside the files it answers what only a
development stage can tell: see `stage.local.web_answers`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import BotoCoreError

from chalicelib import PRODUCT_TITLE
from chalicelib.errors import AppError
from stage.errors import CommandError
from stage.local.web_answers import DevelopmentAnswers
from stage.page import told_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stage.document import LocalStage
    from stage.page import Told

_PROJECT = Path(__file__).parents[2]
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What goes to the browser."""

    status: HTTPStatus
    content: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    location: str | None = None


def security_headers(api_origin: str, sign_in_origin: str, project: Path = _PROJECT) -> dict[str, str]:
    """Return the headers of every file, from the document that the Terraform module `web` reads too."""
    source = json.loads((project / "infra" / "modules" / "web" / "headers.json").read_text())
    policy = "; ".join(source["content_security_policy"])
    policy = policy.replace("{api_origin}", api_origin).replace("{sign_in_origin}", sign_in_origin)
    return {"Content-Security-Policy": policy, **source["headers"], **source["security_headers"]}


def page_files(project: Path = _PROJECT) -> dict[str, Path]:
    """Return the page's files by the path in their address; nothing else is served."""
    files = project / "web"
    return {f"/{path.relative_to(files).as_posix()}": path for path in files.rglob("*") if path.suffix in _TYPES}


def page_config(stage: LocalStage, told: Told) -> dict[str, Any]:
    """Return the page's configuration, as Terraform writes it on AWS, and what only a development stage can show."""
    return {
        "product": PRODUCT_TITLE,
        "api_url": stage.api_url,
        "cognito_url": stage.aws_endpoint_url,
        "client_id": stage.user_pool_client_id,
        "region": stage.region,
        "stage": "local",
        "trace_url": ".",
        **told,
    }


@dataclass(frozen=True, slots=True)
class _Site:
    """Which page is served, where, and for which stage."""

    origin: str
    stage: LocalStage
    project: Path
    told: Told


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60
    disable_nagle_algorithm = True

    def __init__(self, *args: Any, site: _Site, development: DevelopmentAnswers) -> None:
        self._site = site
        self._development = development
        super().__init__(*args)

    def do_GET(self) -> None:
        """Answer a file, the configuration, or a question about the stage."""
        self._send(self._answer())

    def do_HEAD(self) -> None:
        """Answer without the content."""
        self._send(self._answer())

    def _answer(self) -> PageAnswer:
        url, host = urlsplit(self.path), urlsplit(self._site.origin)
        if url.path and not url.path.startswith("/"):  # `@host/` would lead from the origin below to that host
            return PageAnswer(HTTPStatus.BAD_REQUEST)
        if self.headers.get("Host") == f"localhost:{host.port}":  # another origin for CORS: lead to the right one
            return PageAnswer(HTTPStatus.TEMPORARY_REDIRECT, location=f"{self._site.origin}{url.path or '/'}")
        if self.headers.get("Host") != host.netloc:  # a foreign name that was bound to this address
            return PageAnswer(HTTPStatus.MISDIRECTED_REQUEST)
        if url.path == "/config.json":
            return PageAnswer(HTTPStatus.OK, json.dumps(page_config(self._site.stage, self._site.told)).encode(), _JSON)
        if url.path in DevelopmentAnswers.PATHS:
            return self._about_the_stage(url.path, parse_qs(url.query))
        file = page_files(self._site.project).get("/index.html" if url.path == "/" else url.path)
        if file is None:
            return PageAnswer(HTTPStatus.NOT_FOUND, b"There is no such file.")
        return PageAnswer(HTTPStatus.OK, file.read_bytes(), _TYPES[file.suffix])

    def _about_the_stage(self, path: str, query: Mapping[str, list[str]]) -> PageAnswer:
        if self.headers.get("Origin", self._site.origin) != self._site.origin:
            return PageAnswer(HTTPStatus.FORBIDDEN)
        try:
            document = self._development.answer(path, query, self.headers.get("Authorization", ""))
        except AppError as error:
            refusal = {"Code": type(error).__name__, "Message": str(error)}
            return PageAnswer(HTTPStatus(error.STATUS_CODE), json.dumps(refusal).encode(), _JSON)
        except (OSError, BotoCoreError, CommandError):  # the last when a user cannot sign in for the answer
            refusal = {"Code": "UnavailableError", "Message": "The local AWS cannot be reached."}
            return PageAnswer(HTTPStatus.SERVICE_UNAVAILABLE, json.dumps(refusal).encode(), _JSON)
        return PageAnswer(HTTPStatus.OK, json.dumps(document).encode(), _JSON)

    def _send(self, answer: PageAnswer) -> None:
        content, tag = answer.content, f'"{hashlib.sha256(answer.content).hexdigest()[:16]}"'
        unchanged = answer.status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag
        packed = "gzip" in self.headers.get("Accept-Encoding", "") and bool(content)
        self.send_response(HTTPStatus.NOT_MODIFIED if unchanged else answer.status)
        stage = self._site.stage
        for name, value in security_headers(stage.api_url, stage.aws_endpoint_url, self._site.project).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store" if answer.content_type == _JSON else "no-cache")
        self.send_header("ETag", tag)
        self.send_header("Vary", "Accept-Encoding")
        if answer.location:
            self.send_header("Location", answer.location)
        if unchanged:
            self.end_headers()
            return
        content = gzip.compress(content, mtime=0) if packed else content
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay silent: the terminal is for the stage."""


@contextmanager
def serving(stage: LocalStage, origin: str, settings: Mapping[str, str], project: Path) -> Iterator[None]:
    """Serve the page of the stage's project on loopback, in a thread, while the block runs.

    Raises:
        CommandError: the port is taken, or the project's entities cannot be read.
    """
    site = _Site(origin, stage, project, told_of(project))
    development = DevelopmentAnswers(stage, settings, site.told["table"])
    handler = partial(_Handler, site=site, development=development)
    try:
        server = _Server(("127.0.0.1", urlsplit(origin).port or 0), handler)
    except OSError as error:
        development.close()
        raise CommandError(f"the web page cannot be served at {origin}: {error.strerror}") from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        development.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # an idle connection of a browser must not keep `make dev` from ending
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay silent about browsers that hang up."""
