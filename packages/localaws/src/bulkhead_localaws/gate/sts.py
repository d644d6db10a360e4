"""STS, answered by the gate itself: what it vends is what it later recognises."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.assume_role import AssumeRoleRequest
from bulkhead_localaws.protocol.checks import AuthorizationCheck, UnmappableRequestError

if TYPE_CHECKING:
    from datetime import datetime

    from bulkhead_localaws.gate.authorization import Authorizer
    from bulkhead_localaws.gate.callers import Caller
    from bulkhead_localaws.gate.directory import Directory
    from bulkhead_localaws.gate.sessions import SessionStore
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class AccessDeniedError(Exception):
    """The caller may not do that; the message is AWS's sentence."""


class SecurityTokenService:
    """AssumeRole and GetCallerIdentity of one account."""

    def __init__(self, directory: Directory, sessions: SessionStore, authorizer: Authorizer) -> None:
        self._directory = directory
        self._sessions = sessions
        self._authorizer = authorizer

    def answer(
        self, call: Call, caller: Caller, context: dict[str, ContextValue], *, request_id: str, now: datetime
    ) -> bytes:
        """Return the XML document of the answer.

        Raises:
            AccessDeniedError: the caller's policies or the role's trust policy refuse.
            MalformedRequestError: AWS would refuse the parameters.
            UnmappableRequestError: an operation or parameter that this local AWS does not offer.
        """
        if call.operation == "GetCallerIdentity":
            return _document(call.operation, _identity(caller), request_id)
        if call.operation == "AssumeRole":
            return _document(call.operation, self._assume_role(call, caller, context, request_id, now), request_id)
        raise UnmappableRequestError(f"This local AWS does not offer sts:{call.operation[:64]}")

    def _assume_role(
        self, call: Call, caller: Caller, context: dict[str, ContextValue], request_id: str, now: datetime
    ) -> str:
        request = AssumeRoleRequest.read(call.parameters, self._directory.managed_policy)
        role = self._directory.role(request.role_arn.rsplit("/", 1)[-1])
        if role is None or role.arn != request.role_arn:
            # AWS tells nobody whether a role exists.
            check = AuthorizationCheck("sts:AssumeRole", request.role_arn)
            decision = self._authorizer.refuse(caller, check, request_id=request_id, now=now)
            raise AccessDeniedError(decision.message)
        decision = self._authorizer.decide(
            caller,
            request.checks(caller, role),
            context,
            request_id=request_id,
            now=now,
            trust_policy=role.trust_policy,
        )
        if not decision.allowed:
            raise AccessDeniedError(decision.message)
        session = request.session(caller, role, call.account)
        key = self._sessions.vend(session, seconds=request.seconds, now=now)
        expiration = key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ") if key.expires_at else ""
        return (
            f"<Credentials><AccessKeyId>{key.access_key_id}</AccessKeyId>"
            f"<SecretAccessKey>{key.secret_access_key}</SecretAccessKey>"
            f"<SessionToken>{key.session_token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
            f"<AssumedRoleUser><AssumedRoleId>{escape(f'{role.role_id}:{session.name}')}</AssumedRoleId>"
            f"<Arn>{escape(session.arn)}</Arn></AssumedRoleUser>"
        )


def _identity(caller: Caller) -> str:
    return (
        f"<Arn>{escape(caller.principal.arn)}</Arn><UserId>{escape(caller.user_id)}</UserId>"
        f"<Account>{caller.principal.account}</Account>"
    )


def _document(operation: str, result: str, request_id: str) -> bytes:
    return (
        f'<{operation}Response xmlns="{_NAMESPACE}"><{operation}Result>{result}</{operation}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
    ).encode()
