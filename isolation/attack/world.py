"""The stage as an attacker with scoped credentials reaches it, and the victims' data that must stay as it is."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.strategies import SessionPolicyVending, SessionTagVending, TenantResources
from isolation.attack.api import ApiAccess
from isolation.attack.database import DatabaseAccess, tables_of
from isolation.attack.outcomes import ATTACKER, VICTIMS, Service, Who
from stage.clients import AwsEndpoint, function_key, operator_client
from stage.decisions import read_decisions
from stage.document import LambdaCredentials, LocalStage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from chalicelib.vending.strategies import VendingStrategy
    from isolation.attack.planted import PlantedRows
    from isolation.attack.served import Served
    from stage.document import Stage

TENANTS = (ATTACKER, *VICTIMS)
#: The partition and sort keys of what is planted: of a kind that the application does not know, so that it lists none.
PLANTED_PARTITION = "attack#0"
PLANTED, PLANTED_TOO = "planted", "planted-too"

#: How the Lambda role is called where a function's name would stand.
LAMBDA_ROLE = "Lambda role"


def partition(tenant: str) -> str:
    """Return the partition key of what is planted for a tenant."""
    return f"{tenant}#{PLANTED_PARTITION}"


class World:
    """A running stage: clients with other people's credentials, and what was planted there to be stolen.

    `sts` makes the STS client with which tenants' sessions are opened: the Lambda role's on the local stack; on AWS
    that of whoever runs this, whom the tenant roles must trust for as long. `planting_url` is the API with which things
    are planted, where the stage's own is not to be trusted with it.
    """

    def __init__(
        self, stage: Stage, served: Served, *, sts: Callable[[], Any] | None = None, planting_url: str = ""
    ) -> None:
        self.stage = stage
        self.local = stage if isinstance(stage, LocalStage) else None
        self.secrets = {tenant: f"secret-of-{tenant}-{secrets.token_hex(8)}" for tenant in TENANTS}
        self._sts = sts or self._lambda_sts
        self._clients: dict[tuple[Who, str], Any] = {}
        self._keys: dict[Who, Mapping[str, Any]] = {}
        self.api: ApiAccess | None = None
        self.database: DatabaseAccess | None = None
        if self.local:
            self.api = ApiAccess(self.local, self.secrets, planting_url or stage.api_url, served)
            self.database = DatabaseAccess(self.local, self.secrets, self._logins, tables_of(served))
        self._elsewhere: list[PlantedRows | DatabaseAccess] = []

    @property
    def table_arn(self) -> str:
        """The pooled table's ARN."""
        return f"arn:aws:dynamodb:{self.stage.region}:{self.stage.account_id}:table/{self.stage.table_name}"

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """The strategies whose roles the stage has."""
        if self.stage.tenant_policy_role_arn is None:
            return (Strategy.SESSION_TAGS,)
        return tuple(Strategy)

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants whose users can sign in, as far as the stage's document knows."""
        return frozenset(user.tenant for user in self.local.users) if self.local else frozenset()

    def sts(self) -> Any:
        """Return the STS client that opens tenants' sessions."""
        return self._sts()

    def client(self, who: Who, service: str) -> Any:
        """Return a client with somebody's credentials, kept for the run.

        Raises:
            ScopedCredentialsError: STS does not vend them.
        """
        if (who, service) not in self._clients:
            if who not in self._keys:
                self._keys[who] = self._principal(who.role) if not who.tenant else self._vend(who)
            self._clients[who, service] = self.client_of(self._keys[who], service)
        return self._clients[who, service]

    def client_of(self, key: Mapping[str, Any], service: str) -> Any:
        """Return a client with a session's key, in the form in which STS gives it."""
        aws = AwsEndpoint.of(self.local) if self.local else AwsEndpoint(self.stage.region)
        return aws.as_session(service, key)

    def decisions(self) -> list[dict[str, Any]] | None:
        """Return the local AWS's last decisions, oldest first; None where only AWS's messages tell."""
        return read_decisions(self.local.aws_endpoint_url) if self.local else None

    def plant(self, services: Collection[Service]) -> None:
        """Put there what can be stolen from these services: the tenants' items, each with the tenant's own session.

        On the local stack, rows for PostgreSQL, and for HTTP what the API itself stores.
        """
        for tenant in TENANTS:
            self.replant(tenant)
        self._elsewhere = []
        if self.database and Service.POSTGRES in services:
            self._elsewhere.append(self.database)
        if self.api and Service.HTTP in services:
            self._elsewhere.append(self.api.rows)
        for place in self._elsewhere:
            place.plant()

    def replant(self, tenant: str) -> None:
        """Put a tenant's own items there again, as they were."""
        for item in self._planted(tenant):
            self._own(tenant).put_item(TableName=self.stage.table_name, Item=item)

    def altered(self) -> list[str]:
        """Return the victims whose data is no longer what was planted, and put it back."""
        altered = [tenant for tenant in VICTIMS if self._found(tenant) != self._planted(tenant)]
        for tenant in altered:
            self._clear(tenant)
            self.replant(tenant)
        altered += [tenant for place in self._elsewhere for tenant in place.altered()]
        return list(dict.fromkeys(altered))

    def clear(self) -> None:
        """Take away what was planted."""
        for tenant in TENANTS:
            self._clear(tenant)
        for place in self._elsewhere:
            place.clear()

    def close(self) -> None:
        """Close what holds a connection; it opens again when it is needed."""
        if self.database:
            self.database.close()

    def cleaner(self) -> Any:
        """Return a DynamoDB client that can take away what a leak has let through, wherever it went.

        The operator's; on AWS the attacker's own, which could write it.
        """
        if self.local is None:
            return self._own(ATTACKER)
        return self.operator("dynamodb")

    def operator(self, service: str) -> Any:
        """Return a client of whoever runs the local stack."""
        if self.local is None:
            raise ValueError("on AWS nobody lends an operator's credentials to attacks")
        return operator_client(self.local, service)

    def _clear(self, tenant: str) -> None:
        for item in self._found(tenant):
            key = {"pk": item["pk"], "sk": item["sk"]}
            self._own(tenant).delete_item(TableName=self.stage.table_name, Key=key)

    def _own(self, tenant: str) -> Any:
        return self.client(Who(tenant, Role.ADMIN, Strategy.SESSION_TAGS), "dynamodb")

    def _planted(self, tenant: str) -> list[dict[str, Any]]:
        secret = {"secret": {"S": self.secrets[tenant]}, "number": {"N": "1"}}
        keys = ({"pk": {"S": partition(tenant)}, "sk": {"S": sk}} for sk in (PLANTED, PLANTED_TOO))
        return [key | secret for key in keys]

    def _found(self, tenant: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._own(tenant).query(
            TableName=self.stage.table_name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition(tenant)}},
            ConsistentRead=True,
        )["Items"]
        return found

    def _logins(self) -> Any:
        """Return the client of an administrator of the attacker, who may read the logins' passwords."""
        return self.client(Who(ATTACKER, Role.ADMIN, Strategy.SESSION_TAGS), "secretsmanager")

    def _lambda_sts(self) -> Any:
        if self.local is None:
            raise ValueError("on AWS the credentials that open tenants' sessions must be given")
        return self.client(Who("", LAMBDA_ROLE), "sts")

    def _principal(self, name: str) -> Mapping[str, Any]:
        """Return the key of a function's execution role, as the function gets it."""
        if self.local is None:
            raise ValueError("the execution roles' credentials are vended on the local stack only")
        if name == LAMBDA_ROLE:
            return function_key(self.local.lambda_credentials)
        return function_key(LambdaCredentials.from_settings(self.local.functions[name]))

    def _vend(self, who: Who) -> Mapping[str, Any]:
        context = TenantContext(who.tenant, Role(who.role), "attack", "-")
        return self._vending(Strategy(who.strategy)).vend(context)

    def _vending(self, strategy: Strategy) -> VendingStrategy:
        if strategy is Strategy.SESSION_TAGS:
            return SessionTagVending(self.sts, self.stage.tenant_role_arn)
        if self.stage.tenant_policy_role_arn is None:
            raise ValueError("the stage has no role for session policies")
        database = self.stage.database
        resources = TenantResources(self.table_arn, database.reader_secret_arn, database.writer_secret_arn)
        return SessionPolicyVending(self.sts, self.stage.tenant_policy_role_arn, resources)
