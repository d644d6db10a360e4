"""What every answer carries: CORS headers, a request id, and `Retry-After` when trying again can help."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice.app import CORSConfig, Response

from chalicelib import wiring
from chalicelib.errors import TenantAccessDeniedError, UnavailableError
from chalicelib.tenancy.audit import Outcome, record
from chalicelib.vending import aws_requests
from chalicelib.vending.usage import emit_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Request

REQUEST_ID_HEADER = "X-Request-Id"
RETRY_AFTER_SECONDS = 2
_SERVER_ERROR = 500
_LOGGED = frozenset({403, 500, 503})
log = logging.getLogger(__name__)


class _StageCORSConfig(CORSConfig):
    """CORS for the one origin of the stage, looked up when a request asks: importing the app reads no setting."""

    def get_access_control_headers(self) -> dict[str, str]:
        headers: dict[str, str] = super().get_access_control_headers()
        if wiring.names_aws_requests():
            exposed = headers.get("Access-Control-Expose-Headers", "")
            headers["Access-Control-Expose-Headers"] = f"{exposed},{aws_requests.HEADER}"
        return headers | {"Access-Control-Allow-Origin": wiring.cors_origin(), "Vary": "Origin"}


CORS = _StageCORSConfig(
    allow_headers=["If-Match"],
    expose_headers=["Allow", "ETag", "Location", "Retry-After", REQUEST_ID_HEADER],
    max_age=600,
)


def exact_json(body: object, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return an answer whose decimals are JSON numbers with all their digits; Chalice itself would make floats."""
    import simplejson  # noqa: PLC0415 -- for the routes that need it

    text = simplejson.dumps(body, use_decimal=True, separators=(",", ":"))
    return Response(text, {"Content-Type": "application/json", **(headers or {})}, status_code)


def finish_answer(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: name the request, so that a caller's report finds its log lines, and say when to try again."""
    response = _naming_aws_requests(request, get_response) if wiring.names_aws_requests() else get_response(request)
    headers: dict[str, Any] = response.headers
    if request.lambda_context is not None:
        headers[REQUEST_ID_HEADER] = request.lambda_context.aws_request_id
    if response.status_code == UnavailableError.STATUS_CODE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    _account_for(request, response)
    if response.status_code in _LOGGED:
        log.warning("%s %s: %s %s", request.method, request.path, response.status_code, headers.get(REQUEST_ID_HEADER))
    return response


def _naming_aws_requests(request: Request, get_response: Callable[[Request], Response]) -> Response:
    with aws_requests.collecting() as ids:
        response = get_response(request)
    response.headers[aws_requests.HEADER] = ",".join(ids)
    return response


def _account_for(request: Request, response: Response) -> None:
    """Write the metrics of a tenant's request, and the audit line of one that was refused its data."""
    context = request.context.get("authorizer") or {}
    tenant = context.get("tenant")
    if not tenant:
        return
    failed = response.status_code >= _SERVER_ERROR
    emit_metrics(tenant, wiring.usage().take(tenant), failed=failed)
    if response.status_code == TenantAccessDeniedError.STATUS_CODE:
        record(
            f"{request.method} {request.path}",
            Outcome.REFUSED,
            tenant=tenant,
            actor=context.get("user_id", ""),
            request_id=str(response.headers.get(REQUEST_ID_HEADER, "")),
            reason=TenantAccessDeniedError.__name__,
        )
