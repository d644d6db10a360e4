"""The Lambda service's side of the account: it assumes the execution roles that trust it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import ServiceException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from localaws.emulator import ACCOUNT_ID, PARTITION

if TYPE_CHECKING:
    from datetime import datetime

_SERVICE = "lambda.amazonaws.com"
_SESSION_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class RoleSessionCredentials:
    """Temporary credentials of a role session."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime


class MotoLambdaService:
    """Assumes roles of moto's account."""

    def assume(self, role_name: str) -> RoleSessionCredentials:
        """See localaws.execution.LambdaService."""
        try:
            role = iam_backends[ACCOUNT_ID][PARTITION].get_role(role_name)
        except ServiceException:
            raise LookupError(role_name) from None
        if not _trusts_lambda(json.loads(role.assume_role_policy_document)):
            raise PermissionError(f"the trust policy of {role_name} does not allow {_SERVICE}")
        session = sts_backends[ACCOUNT_ID][PARTITION].assume_role(
            region_name="us-east-1",
            role_session_name="execution",
            role_arn=role.arn,
            policy="",
            duration=_SESSION_SECONDS,
            external_id="",
        )
        return RoleSessionCredentials(
            session.access_key_id,
            session.secret_access_key,
            session.session_token,
            session.expiration.replace(tzinfo=UTC),
        )


def _trusts_lambda(trust_policy: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Allow"
        and _SERVICE in _as_list(statement["Principal"].get("Service", []))
        and "sts:AssumeRole" in _as_list(statement["Action"])
        for statement in _as_list(trust_policy["Statement"])
    )


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
