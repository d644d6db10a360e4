"""What every answer carries: CORS headers, a request id, and `Retry-After` when trying again can help."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice.app import CORSConfig, Response

from chalicelib import wiring
from chalicelib.errors import HandleClosedError, InvalidTokenError, TenantAccessDeniedError, UnavailableError
from chalicelib.tenancy.audit import Outcome, record
from chalicelib.tenancy.authorizer import bearer_token
from chalicelib.vending import aws_requests
from chalicelib.vending.handles import request_scope
from chalicelib.vending.usage import emit_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice.app import Request

    from chalicelib.vending.sessions import Session

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
    """Middleware: close what the view opens, name the request in logs and answer, and say when to try again."""
    authorization, tenant = request.headers.get("authorization", ""), _verified(request).get("tenant")
    with request_scope(lambda: _session_of(authorization, tenant)):  # of a partial, repr would show the token
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


def _session_of(authorization: str, verified: object) -> Session:
    """Return the session of the request's token, which must be of the tenant that the authorizer verified.

    They differ when what lies between the authorizer and here reads a request with two tokens otherwise.
    """
    session = wiring.sessions().of(bearer_token(authorization))
    if session.tenant_id != verified:
        raise InvalidTokenError("the token is not the one that the authorizer has verified")
    return session


def _verified(request: Request) -> dict[str, Any]:
    return request.context.get("authorizer") or {}


def _naming_aws_requests(request: Request, get_response: Callable[[Request], Response]) -> Response:
    with aws_requests.collecting() as ids:
        response = get_response(request)
    response.headers[aws_requests.HEADER] = ",".join(ids)
    return response


def _account_for(request: Request, response: Response) -> None:
    """Write the metrics of a tenant's request, and the audit line of one that was refused its data."""
    context = _verified(request)
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
            reason=_reason(response),
        )


def _reason(refusal: Response) -> str:
    """Return which error refused the data, by the `Code` that Chalice answers for it."""
    is_closed = isinstance(refusal.body, dict) and refusal.body.get("Code") == HandleClosedError.__name__
    return (HandleClosedError if is_closed else TenantAccessDeniedError).__name__
