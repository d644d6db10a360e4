"""The emulator behind: moto's WSGI application, and what is done to its backends directly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ACCOUNT_ID = "123456789012"  # moto's default account
PARTITION = "aws"
_OPERATOR_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """The access key of the account's administrator."""

    access_key_id: str
    secret_access_key: str


def create_emulator() -> WSGIApplication:
    """Return moto's server as a WSGI application; its state lives as long as this process.

    Calls of DynamoDB are carried out one at a time: moto undoes a failed transaction by putting back a copy of its
    whole tables, and with them would go what others wrote meanwhile and were told is stored.
    """
    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    tables = Lock()

    def emulator(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return application(environ, start_response)
        with tables:
            return application(environ, start_response)

    return emulator


def create_operator(name: str = "operator") -> OperatorKey:
    """Create an IAM user who may do everything, and an access key for it."""
    iam = iam_backends[ACCOUNT_ID][PARTITION]
    iam.create_user(region_name="us-east-1", user_name=name, path="/", tags=None)
    iam.put_user_policy(name, "Everything", json.dumps(_OPERATOR_POLICY))
    key = iam.create_access_key(name)
    return OperatorKey(key.access_key_id, key.secret_access_key)
