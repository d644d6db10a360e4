"""The stage as an attacker with scoped credentials reaches it, and the victims' data that must stay as it is."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from chalicelib.tenancy.tenant import Role
from chalicelib.vending.callers import Caller
from chalicelib.vending.strategies import SessionPolicyVending, SessionTagVending, TenantResources
from isolation.attack.api import ApiAccess
from isolation.attack.database import DatabaseAccess, tables_of
from isolation.attack.outcomes import ATTACKER, VICTIMS, Service, Who
from stage.clients import AwsEndpoint, function_key, operator_client
from stage.decisions import read_decisions
from stage.document import LambdaCredentials, LocalStage
from stage.scoped_credentials import vending

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

    Its sessions are opened by the one strategy that it has. On AWS `sts` makes the STS client with which they are: that
    of whoever runs this, whom the tenant role must trust for as long. `planting_url` is the API with which things are
    planted, where the stage's own is not to be trusted with it.
    """

    def __init__(
        self, stage: Stage, served: Served, *, sts: Callable[[], Any] | None = None, planting_url: str = ""
    ) -> None:
        self.stage = stage
        self.local = stage if isinstance(stage, LocalStage) else None
        self.secrets = {tenant: f"secret-of-{tenant}-{secrets.token_hex(8)}" for tenant in TENANTS}
        self._sts = sts
        self._clients: dict[tuple[Who, str], Any] = {}
        self._keys: dict[Who, Mapping[str, Any]] = {}
        self._nobodys: dict[bool, Any] = {}
        self._trusting_role = ""
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
    def strategy(self) -> Strategy:
        """How the stage's sessions are opened."""
        return self.stage.vending_strategy

    @property
    def tenants(self) -> frozenset[str]:
        """The tenants whose users can sign in, as far as the stage's document knows."""
        return frozenset(user.tenant for user in self.local.users) if self.local else frozenset()

    def client(self, who: Who, service: str) -> Any:
        """Return a client with somebody's credentials, kept for the run.

        Raises:
            ScopedCredentialsError: STS does not vend them.
        """
        if (who, service) not in self._clients:
            self._clients[who, service] = self.client_of(self.key(who), service)
        return self._clients[who, service]

    def key(self, who: Who) -> Mapping[str, Any]:
        """Return somebody's credentials, in the form in which STS gives them, kept for the run.

        Raises:
            ScopedCredentialsError: STS does not vend them.
        """
        if who not in self._keys:
            self._keys[who] = self._principal(who.role) if not who.tenant else self._vend(who)
        return self._keys[who]

    def client_of(self, key: Mapping[str, Any], service: str) -> Any:
        """Return a client with a session's key, in the stage's network where it has one on this machine."""
        return self.network().as_session(service, key)

    def network(self, *, outside: bool = False) -> AwsEndpoint:
        """Return AWS as the stage's network reaches it, and so its API; or as users do, from outside."""
        if self.local is None:
            return AwsEndpoint(self.stage.region)
        return AwsEndpoint.of(self.local) if outside else AwsEndpoint.in_vpc(self.local)

    def nobodys_sts(self, *, outside: bool) -> Any:
        """Return a client of STS that signs nothing, in the stage's network or outside of it."""
        if outside not in self._nobodys:
            self._nobodys[outside] = self.network(outside=outside).as_nobody("sts")
        return self._nobodys[outside]

    def token(self, tenant: str, role: str) -> str:
        """Return the id token of a tenant's user, signed with the pool's own key where the stage knows none."""
        if self.api is None or self.local is None:
            raise ValueError("on AWS nobody lends users' tokens to attacks")
        if tenant in self.tenants:
            return self.api.token(tenant, role)
        return self.api.forged_for(tenant, role)

    def admin(self, tenant: str) -> Who:
        """Return a tenant's administrator, by the stage's strategy."""
        return Who(tenant, Role.ADMIN, self.strategy)

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

    def trusting_role(self) -> str:
        """Return the ARN of a role, made for the run, whose trust leaves it to the account whom to let in."""
        if not self._trusting_role:
            principal = {"AWS": f"arn:aws:iam::{self.stage.account_id}:root"}
            trust = {"Effect": "Allow", "Principal": principal, "Action": ["sts:AssumeRole", "sts:TagSession"]}
            made = self.operator("iam").create_role(
                RoleName=f"attack-{secrets.token_hex(4)}",
                AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            )
            self._trusting_role = str(made["Role"]["Arn"])
        return self._trusting_role

    def clear(self) -> None:
        """Take away what was planted."""
        if self._trusting_role:
            self.operator("iam").delete_role(RoleName=self._trusting_role.rpartition("/")[2])
            self._trusting_role = ""
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
        return self.client(self.admin(tenant), "dynamodb")

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
        return self.client(self.admin(ATTACKER), "secretsmanager")

    def _principal(self, name: str) -> Mapping[str, Any]:
        """Return the key of a function's execution role, as the function gets it."""
        if self.local is None:
            raise ValueError("the execution roles' credentials are vended on the local stack only")
        if name == LAMBDA_ROLE:
            return function_key(self.local.lambda_credentials)
        return function_key(LambdaCredentials.from_settings(self.local.functions[name]))

    def _vend(self, who: Who) -> Mapping[str, Any]:
        token = self.token(who.tenant, who.role) if self.strategy is Strategy.WEB_IDENTITY else ""
        return self._vending().vend(Caller(who.tenant, Role(who.role), "attack", 0, token))

    def _vending(self) -> VendingStrategy:
        if self.local:
            return vending(self.local)
        if self._sts is None or self.strategy is Strategy.WEB_IDENTITY:
            raise ValueError("on AWS sessions are opened with credentials that must be given, and by no token")
        if self.strategy is Strategy.SESSION_TAGS:
            return SessionTagVending(self._sts, self.stage.tenant_role_arn)
        database = self.stage.database
        resources = TenantResources(self.table_arn, database.reader_secret_arn, database.writer_secret_arn)
        return SessionPolicyVending(self._sts, self.stage.tenant_role_arn, resources)
