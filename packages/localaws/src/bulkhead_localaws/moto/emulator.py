"""The emulator behind: moto's WSGI application, and what is done to its backends directly."""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Condition, Lock
from typing import TYPE_CHECKING

from moto.iam.access_control import PermissionResult
from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeBucket

from bulkhead_localaws.functions.registry import Functions
from bulkhead_localaws.moto.shortcuts import take_shortcuts
from bulkhead_localaws.moto.triggers import functions_of
from bulkhead_localaws.moto.user_pools import keep_user_pools_as_cognito
from bulkhead_localaws.protocol.wire import claimed_service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

ACCOUNT_ID = "123456789012"  # moto's default account
PARTITION = "aws"
_WRITES = frozenset(
    {
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "BatchWriteItem",
        "ExecuteStatement",
        "BatchExecuteStatement",
        "ExecuteTransaction",
    }
)
#: Services whose calls take turns, by their signing names.
_IN_TURN = frozenset({"ec2", "iam"})
_OPERATOR_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """The access key of the account's administrator."""

    access_key_id: str
    secret_access_key: str


def create_emulator(functions: Functions | None = None) -> WSGIApplication:
    """Return moto's server as a WSGI application; its state lives as long as this process.

    Triggers of user pools run `functions`; a sign-in whose trigger is not among them is refused.

    DynamoDB's transactions are carried out alone: moto undoes one that fails by putting back a copy of its whole
    tables, and with it would go what others wrote meanwhile and were told is stored. Other writes take turns: moto
    checks a condition and writes in two steps, between which another write could make the condition false. So do calls
    of EC2 and IAM, which look and change in two steps as well: of a security group's rules moto puts a shortened copy
    in the place of the list, and what came meanwhile is lost.

    Bucket policies are the gate's to judge. moto would judge a second time, without their conditions, and refuse
    everybody for a Deny that is meant for some.
    """
    take_shortcuts()
    keep_user_pools_as_cognito()
    setattr(FakeBucket, "get_permission", _no_opinion)  # noqa: B010 -- mypy takes a plain assignment for a mistake
    application: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    turns = _Turns()
    writing, in_turn = Lock(), Lock()
    registered = Functions({}, account=ACCOUNT_ID) if functions is None else functions

    def emulator(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if service.startswith("AWSCognito"):
            with functions_of(registered):
                return application(environ, start_response)
        if not service.startswith("DynamoDB"):
            signed_for = claimed_service({"authorization": environ.get("HTTP_AUTHORIZATION", "")}, "")
            with in_turn if signed_for in _IN_TURN else nullcontext():
                return application(environ, start_response)
        if operation == "TransactWriteItems":
            with turns.alone():
                return application(environ, start_response)
        with writing if operation in _WRITES else nullcontext(), turns.shared():
            return application(environ, start_response)

    return emulator


def _no_opinion(*_: object) -> PermissionResult:
    return PermissionResult.NEUTRAL


class _Turns:
    """Lets any number of threads run together, or one alone.

    A thread that wants to be alone waits for a moment in which nobody runs, and holds nobody up until then: one call
    can keep moto busy for minutes.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._running = 0
        self._is_alone = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone and not self._running)
            self._is_alone = True
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._changed.notify_all()


def create_operator(name: str = "operator") -> OperatorKey:
    """Create an IAM user who may do everything, and an access key for it."""
    iam = iam_backends[ACCOUNT_ID][PARTITION]
    iam.create_user(region_name="us-east-1", user_name=name, path="/", tags=None)
    iam.put_user_policy(name, "Everything", json.dumps(_OPERATOR_POLICY))
    key = iam.create_access_key(name)
    return OperatorKey(key.access_key_id, key.secret_access_key)
