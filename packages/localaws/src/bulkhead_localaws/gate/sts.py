"""STS, answered by the gate itself: what it vends is what it later recognises."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bulkhead_localaws.gate.assume_role import AssumeRoleRequest
from bulkhead_localaws.gate.authorization import unsigned_caller_context
from bulkhead_localaws.gate.web_identity import ACTION, WebIdentityRequest
from bulkhead_localaws.protocol.checks import AuthorizationCheck, UnmappableRequestError

if TYPE_CHECKING:
    from datetime import datetime

    from bulkhead_localaws.gate.authorization import Authorizer
    from bulkhead_localaws.gate.callers import Caller, Role
    from bulkhead_localaws.gate.directory import Directory
    from bulkhead_localaws.gate.identity_tokens import KeySource
    from bulkhead_localaws.gate.session_request import SessionRequest
    from bulkhead_localaws.gate.sessions import RoleSession, SessionStore
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue

_NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


class AccessDeniedError(Exception):
    """The caller may not do that; the message is AWS's sentence."""


class SecurityTokenService:
    """AssumeRole, AssumeRoleWithWebIdentity and GetCallerIdentity of one account."""

    def __init__(
        self, directory: Directory, sessions: SessionStore, authorizer: Authorizer, issuer_keys: KeySource
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._authorizer = authorizer
        self._issuer_keys = issuer_keys

    def answer(
        self, call: Call, caller: Caller, context: dict[str, ContextValue], *, request_id: str, now: datetime
    ) -> bytes:
        """Return the XML document of the answer to a signed call.

        Raises:
            AccessDeniedError: the caller's policies or the role's trust policy refuse.
            MalformedRequestError: AWS would refuse the parameters.
            UnmappableRequestError: an operation or parameter that this local AWS does not offer.
        """
        if call.operation == "GetCallerIdentity":
            return _document(call.operation, _identity(caller), request_id)
        if call.operation == "AssumeRole":
            return _document(call.operation, self._assume_role(call, caller, context, request_id, now), request_id)
        raise UnmappableRequestError(f"This local AWS does not offer sts:{call.operation[:64]} with a signature")

    def answer_unsigned(self, call: Call, context: dict[str, ContextValue], *, request_id: str, now: datetime) -> bytes:
        """Return the XML document of the answer to AssumeRoleWithWebIdentity.

        Raises:
            AccessDeniedError: the role's trust policy refuses; the record says why, the message does not.
            IdentityTokenError: the token opens nothing.
            MalformedRequestError: AWS would refuse the parameters.
            UnmappableRequestError: a parameter that this local AWS does not offer.
        """
        request = WebIdentityRequest.read(call.parameters, self._directory, self._issuer_keys, now)
        caller = request.caller(call.account)
        role = self._role(request.wish.role_arn)
        if role is None:
            check = AuthorizationCheck(ACTION, request.wish.role_arn, request.provenance.keys)
            decision = self._authorizer.refuse(caller, check, request_id=request_id, now=now)
        else:
            checks = request.checks(role)
            decision = self._authorizer.decide(
                caller,
                checks,
                {**context, **unsigned_caller_context(caller)},
                request_id=request_id,
                now=now,
                trust_policy=role.trust_policy,
            )
        if role is None or not decision.allowed:
            raise AccessDeniedError(f"Not authorized to perform {ACTION}")
        session = request.session(role, call.account)
        opened = self._opened(session, request.wish, now)
        token = request.token
        return _document(
            call.operation,
            f"{opened}<SubjectFromWebIdentityToken>{escape(token.subject)}</SubjectFromWebIdentityToken>"
            f"<Audience>{escape(token.audience)}</Audience><Provider>{escape(token.provider.arn)}</Provider>",
            request_id,
        )

    def _assume_role(
        self, call: Call, caller: Caller, context: dict[str, ContextValue], request_id: str, now: datetime
    ) -> str:
        request = AssumeRoleRequest.read(call.parameters, self._directory.managed_policy)
        role = self._role(request.wish.role_arn)
        if role is None:
            check = AuthorizationCheck("sts:AssumeRole", request.wish.role_arn)
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
        return self._opened(request.session(caller, role, call.account), request.wish, now)

    def _role(self, arn: str) -> Role | None:
        """Return the role; who asks for one that is not there is not told so: AWS tells nobody which roles exist."""
        role = self._directory.role(arn.rsplit("/", 1)[-1])
        return role if role is not None and role.arn == arn else None

    def _opened(self, session: RoleSession, wish: SessionRequest, now: datetime) -> str:
        key = self._sessions.vend(session, seconds=wish.seconds, now=now)
        expiration = key.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ") if key.expires_at else ""
        elements = (
            f"<Credentials><AccessKeyId>{key.access_key_id}</AccessKeyId>"
            f"<SecretAccessKey>{key.secret_access_key}</SecretAccessKey>"
            f"<SessionToken>{key.session_token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>"
            f"<AssumedRoleUser><AssumedRoleId>{escape(f'{session.role_id}:{session.name}')}</AssumedRoleId>"
            f"<Arn>{escape(session.arn)}</Arn></AssumedRoleUser>"
        )
        if wish.packed_percent is not None:
            elements += f"<PackedPolicySize>{wish.packed_percent}</PackedPolicySize>"
        if session.source_identity is not None:
            elements += f"<SourceIdentity>{escape(session.source_identity)}</SourceIdentity>"
        return elements


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
