"""Credentials of a function's execution role, vended as the Lambda service does.

A process gets them from a URL on loopback, the way that containers on AWS do, so that every AWS SDK refreshes them by
itself: AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN.

Source: AWS SDKs and Tools Reference Guide, "Container credential provider" (https://docs.aws.amazon.com/sdkref/latest/
guide/feature-container-credentials.html).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from bulkhead_iam import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from bulkhead_localaws.lambda_service import LambdaService

PATH = "/_localaws/execution-credentials/"


def execution_token(secret: str, role_name: str) -> str:
    """Return the token that entitles a process to this role's credentials and to no other's."""
    return hmac.new(secret.encode(), role_name.encode(), hashlib.sha256).hexdigest()


class ExecutionCredentials:
    """WSGI application that answers `GET /_localaws/execution-credentials/ROLE-NAME`."""

    def __init__(self, lambda_service: LambdaService, secret: str) -> None:
        self._lambda_service = lambda_service
        self._secret = secret

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer with the role's credentials to whoever holds the role's token."""
        status, body = self._answer(environ)
        content = json.dumps(body).encode()
        start_response(
            f"{status.value} {status.phrase}",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, dict[str, str]]:
        role_name = environ["PATH_INFO"].removeprefix(PATH)
        token = environ.get("HTTP_AUTHORIZATION", "")
        expected = execution_token(self._secret, role_name)
        if not hmac.compare_digest(token.encode("latin-1"), expected.encode()):
            return HTTPStatus.UNAUTHORIZED, {"code": "Unauthorized", "message": "this token is not this role's"}
        if environ["REQUEST_METHOD"] != "GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, {"code": "MethodNotAllowed", "message": "only GET"}
        try:
            key = self._lambda_service.assume(role_name)
        except LookupError:
            return HTTPStatus.NOT_FOUND, {"code": "NoSuchEntity", "message": f"there is no role {role_name}"}
        except (PermissionError, PolicyError) as error:
            return HTTPStatus.FORBIDDEN, {"code": "AccessDenied", "message": str(error)}
        return HTTPStatus.OK, {
            "AccessKeyId": key.access_key_id,
            "SecretAccessKey": key.secret_access_key,
            "Token": key.session_token or "",
            "Expiration": key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ") if key.expires_at else "",
        }
