"""A tenant's scoped credentials, vended as the application vends them, for calls past its stores and routes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.vending.strategies import SessionPolicyVending, SessionTagVending, TenantResources
from stage.clients import AwsEndpoint, lambda_client

if TYPE_CHECKING:
    from chalicelib.tenancy.tenant import TenantContext
    from chalicelib.vending.strategies import VendingStrategy
    from stage.document import LocalStage


def scoped_client(stage: LocalStage, tenant: TenantContext, strategy: Strategy, service: str = "dynamodb") -> Any:
    """Return a client that holds the tenant's scoped credentials.

    Raises:
        ScopedCredentialsError: STS would not vend, or could not be reached.
    """
    vended = _vending(stage, strategy).vend(tenant)
    return AwsEndpoint.of(stage).as_session(service, vended)


def _vending(stage: LocalStage, strategy: Strategy) -> VendingStrategy:
    """Return the strategy on the stage's own roles, called by the Lambda role."""
    if strategy is Strategy.SESSION_TAGS:
        return SessionTagVending(lambda: lambda_client(stage, "sts"), stage.tenant_role_arn)
    if stage.tenant_policy_role_arn is None:
        raise ValueError("the stage has no role for session policies")
    resources = TenantResources(
        table_arn=f"arn:aws:dynamodb:{stage.region}:{stage.account_id}:table/{stage.table_name}",
        reader_secret_arn=stage.database.reader_secret_arn,
        writer_secret_arn=stage.database.writer_secret_arn,
    )
    return SessionPolicyVending(lambda: lambda_client(stage, "sts"), stage.tenant_policy_role_arn, resources)
