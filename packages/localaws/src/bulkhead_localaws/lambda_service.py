"""The Lambda service's side of the account: it assumes the execution roles that trust it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_iam import PolicySet, Principal, Request, evaluate
from bulkhead_localaws.gate.sessions import RoleSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bulkhead_localaws.gate.authentication import AccessKey
    from bulkhead_localaws.gate.directory import Directory
    from bulkhead_localaws.gate.sessions import SessionStore

_SERVICE = "lambda.amazonaws.com"
_SESSION_NAME = "execution"
_SESSION_SECONDS = 3600


class LambdaService:
    """Assumes roles of one account as the service principal lambda.amazonaws.com; see bulkhead_localaws.execution."""

    def __init__(
        self, directory: Directory, sessions: SessionStore, *, account: str, clock: Callable[[], datetime]
    ) -> None:
        self._directory = directory
        self._sessions = sessions
        self._account = account
        self._clock = clock

    def assume(self, role_name: str) -> AccessKey:
        """Return a key of the role's execution session, for one hour.

        Raises:
            LookupError: there is no such role.
            PermissionError: its trust policy does not allow the Lambda service to assume it.
            PolicyError: its trust policy cannot be understood.
        """
        role = self._directory.role(role_name)
        if role is None:
            raise LookupError(role_name)
        service = Principal(_SERVICE, self._account, service=_SERVICE)
        decision = evaluate(
            Request(service, "sts:AssumeRole", role.arn, {"sts:RoleSessionName": _SESSION_NAME}),
            PolicySet(resource=role.trust_policy, resource_account=self._account),
        )
        if not decision.allowed:
            raise PermissionError(decision.message)
        session = RoleSession(
            role_id=role.role_id,
            role_name=role.name,
            name=_SESSION_NAME,
            arn=f"arn:{role.arn.split(':')[1]}:sts::{self._account}:assumed-role/{role.name}/{_SESSION_NAME}",
        )
        return self._sessions.vend(session, seconds=_SESSION_SECONDS, now=self._clock())
