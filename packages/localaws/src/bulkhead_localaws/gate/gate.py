"""The gate: a WSGI application that authenticates and authorizes every AWS request before an emulator sees it."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from bulkhead_iam import PolicyError
from bulkhead_localaws.gate.answers import Refuser, numbered
from bulkhead_localaws.gate.authentication import Authenticated, authenticate
from bulkhead_localaws.gate.authorization import Authorizer, global_context, request_context
from bulkhead_localaws.gate.callers import SessionEndedError
from bulkhead_localaws.gate.calling import read_call
from bulkhead_localaws.gate.emulation import EmulatorError, emulated
from bulkhead_localaws.gate.forwarding import forwarded
from bulkhead_localaws.gate.public import is_public, is_web_identity_call, preflight_headers, regional_scope
from bulkhead_localaws.gate.record import log_refusal
from bulkhead_localaws.gate.refusals import Refusal, refused
from bulkhead_localaws.gate.sts import AccessDeniedError, SecurityTokenService
from bulkhead_localaws.protocol.checks import (
    AuthorizationCheck,
    MalformedRequestError,
    UnkeptRequestError,
    UnmappableRequestError,
)
from bulkhead_localaws.protocol.requests import HttpRequest, RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from bulkhead_localaws.gate.callers import Caller
    from bulkhead_localaws.gate.directory import Directory
    from bulkhead_localaws.gate.identity_tokens import KeySource
    from bulkhead_localaws.gate.record import DecisionRecord
    from bulkhead_localaws.gate.sessions import SessionStore
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue

MAX_BODY_BYTES = 32 * 1024 * 1024
log = logging.getLogger("localaws")


class Mapper(Protocol):
    """Says what a call must be allowed."""

    def checks(self, call: Call) -> tuple[AuthorizationCheck, ...]:
        """Return all of it, never nothing.

        Raises:
            UnmappableRequestError: it cannot be known.
            UnkeptRequestError: the emulator would forget a policy or boundary that the call sets.
            MalformedRequestError: the service would refuse the call.
        """

    def check_public(self, request: HttpRequest) -> None:
        """Refuse a public call that the emulator would carry out without the proof that the service demands.

        Raises:
            UnmappableRequestError: it is such a call.
            MalformedRequestError: its body cannot be read, or the service would refuse it.
        """

    def as_emulator_reads(self, call: Call) -> Call:
        """Return the call in the spelling that the emulator reads as the service would."""


class Gate:
    """Stands in front of an emulator.

    Whatever it cannot read, map or understand it refuses; nothing reaches the emulator that was not allowed, and what
    reaches it is the request as the gate has read it.
    """

    def __init__(  # noqa: PLR0913 -- a composition of parts, each named at the one call
        self,
        emulator: WSGIApplication,
        *,
        directory: Directory,
        sessions: SessionStore,
        mapper: Mapper,
        issuer_keys: KeySource,
        record: DecisionRecord,
        account: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._emulator = emulator
        self._directory = directory
        self._mapper = mapper
        self._authorizer = Authorizer(record, account=account)
        self._sts = SecurityTokenService(directory, sessions, self._authorizer, issuer_keys)
        self._account = account
        self._clock = clock

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request; never lets an exception out."""
        request_id = str(uuid.uuid4())
        refuse = Refuser(environ, start_response, request_id)
        try:
            return self._answer(environ, start_response, request_id)
        except RequestError as error:
            log_refusal(request_id, str(error.__cause__ or error))
            return refuse(error.status, error.code, error.message)
        except MalformedRequestError as error:
            return refuse(HTTPStatus.BAD_REQUEST, error.code, str(error))
        except AccessDeniedError as error:
            return refuse.denied(str(error))  # logged where it was decided
        except UnmappableRequestError as error:
            log_refusal(request_id, str(error))
            return refuse.denied(str(error))
        except PolicyError as error:
            message = f"A policy that applies cannot be understood: {error}"
            log_refusal(request_id, message)
            return refuse.denied(message)
        except EmulatorError as error:
            log.exception("%s: the emulator failed on %s", request_id, error.called)
            return refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", str(error))
        except Exception:
            log.exception("%s: the gate failed, so the request is refused", request_id)
            return refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalFailure", "The gate failed.")

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse, request_id: str) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") == "OPTIONS":
            # Never passed on: an emulator might execute it.
            start_response("200 OK", preflight_headers(environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")))
            return []
        request = HttpRequest.from_environ(environ, max_body=MAX_BODY_BYTES)
        if is_public(request):
            self._mapper.check_public(request)
            passed = forwarded(environ, request, service="cognito-idp", authorization=regional_scope(request))
            return emulated(
                self._emulator,
                passed,
                start_response,
                request=request,
                service="cognito-idp",
                request_id=request_id,
            )
        if is_web_identity_call(request):
            call, now = read_call(request, "sts", region="", account=self._account), self._clock()
            context = request_context(request, self._account, now)
            document = self._sts.answer_unsigned(call, context, request_id=request_id, now=now)
            return _answered(document, start_response, request_id)
        asked = self._authenticated(request)
        if asked.signer.addressed == "sts":
            call = read_call(request, "sts", region=asked.signer.region, account=self._account)
            document = self._sts.answer(call, asked.caller, asked.context, request_id=request_id, now=asked.now)
            return _answered(document, start_response, request_id)
        authorized = self._authorized(request, asked, request_id)
        passed = forwarded(environ, authorized, service=asked.signer.service, authorization=asked.signer.authorization)
        return emulated(
            self._emulator,
            passed,
            start_response,
            request=request,
            service=asked.signer.addressed,
            request_id=request_id,
        )

    def _authenticated(self, request: HttpRequest) -> _Asked:
        now = self._clock()
        signer = authenticate(request, self._directory, now)
        try:
            caller = self._directory.caller(signer.access_key.owner)
        except SessionEndedError as error:
            raise refused(
                request, Refusal.UNKNOWN_KEY, "The security token included in the request is invalid."
            ) from error
        return _Asked(signer, caller, global_context(caller, request, signer.region, self._account, now), now)

    def _authorized(self, request: HttpRequest, asked: _Asked, request_id: str) -> HttpRequest:
        """Return the request to pass on.

        Raises:
            AccessDeniedError: a policy refuses it, or none allows it; or nobody knows what it touches, and the caller
                is restricted; or the emulator would forget a policy that it sets, whoever the caller is.
        """
        service, caller = asked.signer.addressed, asked.caller
        try:
            read = read_call(request, service, region=asked.signer.region, account=self._account)
            call = self._mapper.as_emulator_reads(read)
            checks = self._mapper.checks(call)
        except UnmappableRequestError as error:
            self._authorizer.decide_unmapped(caller, f"{service}:*", str(error), request_id=request_id, now=asked.now)
            if caller.is_unrestricted:
                return request
            raise AccessDeniedError(str(error)) from None
        except UnkeptRequestError as error:
            check = AuthorizationCheck(error.action, "*")
            self._authorizer.refuse(caller, check, request_id=request_id, now=asked.now, reason=str(error))
            raise AccessDeniedError(str(error)) from None
        decision = self._authorizer.decide(caller, checks, asked.context, request_id=request_id, now=asked.now)
        if not decision.allowed:
            raise AccessDeniedError(decision.message)
        return request if call is read else replace(request, body=json.dumps(call.parameters).encode())


def _answered(document: bytes, start_response: StartResponse, request_id: str) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/xml"), *numbered(document, request_id)])
    return [document]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, in which context, when."""

    signer: Authenticated
    caller: Caller
    context: dict[str, ContextValue]
    now: datetime
