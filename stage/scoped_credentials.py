"""A tenant's scoped credentials, vended as the application vends them, for calls past its stores and routes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.vending.callers import Caller
from chalicelib.vending.sessions import Session
from chalicelib.vending.strategies import SessionPolicyVending, SessionTagVending, TenantResources, WebIdentityVending
from stage.clients import AwsEndpoint, lambda_client
from stage.sign_in import sign_in

if TYPE_CHECKING:
    from chalicelib.vending.strategies import VendingStrategy
    from stage.document import LocalStage


def scoped_client(stage: LocalStage, tenant: str, role: str, service: str = "dynamodb") -> Any:
    """Return a client that holds a demo user's scoped credentials, in the stage's VPC; raises as `scoped_session`."""
    return client_of(stage, scoped_session(stage, tenant, role), service)


def scoped_session(stage: LocalStage, tenant: str, role: str) -> Session:
    """Return a session of a demo user, who signs in for it.

    Raises:
        CommandError: the stage lists no such user.
        ScopedCredentialsError: STS would not vend, or could not be reached.
    """
    caller = Caller.claimed(sign_in(stage, stage.user(tenant, role))["IdToken"])
    return Session.of(caller.tenant_id, caller.role, vending(stage).vend(caller), datetime.now(UTC))


def client_of(stage: LocalStage, session: Session, service: str) -> Any:
    """Return a client that signs with this session, in the stage's VPC."""
    key = session.credentials
    if key is None:
        raise ValueError("this session signs nothing")
    fields = {"AccessKeyId": key.access_key, "SecretAccessKey": key.secret_key, "SessionToken": key.token}
    return AwsEndpoint.in_vpc(stage).as_session(service, fields)


def vending(stage: LocalStage) -> VendingStrategy:
    """Return the stage's strategy as its API has it, with the rights of the API's role where it needs them."""
    if stage.vending_strategy is Strategy.WEB_IDENTITY:
        return WebIdentityVending(lambda: AwsEndpoint.in_vpc(stage).as_nobody("sts"), stage.tenant_role_arn)
    if stage.vending_strategy is Strategy.SESSION_TAGS:
        return SessionTagVending(lambda: lambda_client(stage, "sts"), stage.tenant_role_arn)
    resources = TenantResources(
        table_arn=f"arn:aws:dynamodb:{stage.region}:{stage.account_id}:table/{stage.table_name}",
        reader_secret_arn=stage.database.reader_secret_arn,
        writer_secret_arn=stage.database.writer_secret_arn,
    )
    return SessionPolicyVending(lambda: lambda_client(stage, "sts"), stage.tenant_role_arn, resources)
