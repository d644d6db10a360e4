"""What a development stage tells the page about its requests: the policy, the decisions, and the rows in sight.

Every question needs the id token of a user of the stage. Of decisions it tells those about the user's own tenant. The
policy is not the one that the authorizer returned to the API, which nobody keeps: the same code judges the token again.
And any user learns how many rows another tenant has, which a demonstration on one machine may tell and a stage on AWS
does not.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
from chalice.app import AuthRequest
from psycopg import sql

from chalicelib.data.database import Database, DatabaseSettings, Login
from chalicelib.data.database_secret import DatabaseSecret
from chalicelib.data.registry import Registry
from chalicelib.errors import DatabaseUnavailableError, InvalidRequestError
from chalicelib.tenancy.authorizer import authorize
from chalicelib.tenancy.signing_keys import SigningKeys
from chalicelib.tenancy.statuses import Status
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.tenancy.tokens import JwtTokenManager
from chalicelib.vending.handles import Handle, request_scope
from stage.clients import operator_client
from stage.decisions import read_decisions
from stage.scoped_credentials import client_of, scoped_client, scoped_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stage.document import LocalStage

#: The same for every tenant: nothing in it says whose rows are meant.
_STATEMENT = sql.SQL("SELECT tenant_id, count(*) FROM {} GROUP BY tenant_id ORDER BY tenant_id")
_MOST_IDS = 20


class DevelopmentAnswers:
    """Answers the page's questions about its stage."""

    PATHS: ClassVar = frozenset({"/policy", "/trace", "/row-level-security"})

    def __init__(self, stage: LocalStage, settings: Mapping[str, str], table: str | None) -> None:
        self._stage = stage
        self._table = table
        self._tokens = JwtTokenManager(
            issuer=settings["TOKEN_ISSUER"], audience=settings["TOKEN_AUDIENCE"], keys=SigningKeys(settings["JWKS_URL"])
        )
        self._registry = Registry(
            operator_client(self._stage, "dynamodb"), stage.registry_table_name, lambda: datetime.now(UTC)
        )
        self._sslmode = settings["DATABASE_SSLMODE"]
        # One transaction per tenant and answer: a connection each.
        self._database = Database(
            lambda handle: client_of(stage, handle.session(), "secretsmanager"),
            DatabaseSettings({Login.READER: stage.database.reader_secret_arn}, self._sslmode, 2),
        )

    def answer(self, path: str, query: Mapping[str, list[str]], authorization: str) -> dict[str, Any]:
        """Return the answer to one of `PATHS`, as JSON-ready data.

        Raises:
            InvalidTokenError: the header holds no id token of this stage.
            InvalidRequestError: the query is not one that it understands.
            UnavailableError: something it needs cannot be reached.
            OSError: the local AWS cannot be reached.
        """
        policy = authorize(authorization, self._tokens, self._is_active)
        tenant = self._tokens.verify(authorization.partition(" ")[2])
        if path == "/policy":
            arn = f"arn:aws:execute-api:{self._stage.region}:{self._stage.account_id}:local/api/GET/me"
            document: dict[str, Any] = policy.to_dict(AuthRequest("TOKEN", "", arn))
            return {
                "policy": document["policyDocument"],
                "context": document["context"],
                "strategy": self._stage.vending_strategy,
            }
        if path == "/trace":
            return {"decisions": self._decisions(tenant, query.get("request_id", []))}
        return self._rows_in_sight(tenant, query.get("other", [""])[0])

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def _is_active(self, tenant_id: str) -> bool:
        return self._registry.status(tenant_id) is Status.ACTIVE

    def _decisions(self, tenant: TenantContext, request_ids: list[str]) -> list[dict[str, Any]]:
        if not 1 <= len(request_ids) <= _MOST_IDS:
            raise InvalidRequestError(f"request_id: must be given, {_MOST_IDS} times at most")
        return [
            decision
            for decision in read_decisions(self._stage.aws_endpoint_url)
            if decision["request_id"] in request_ids and _is_of(tenant, decision)
        ]

    def _rows_in_sight(self, tenant: TenantContext, other: str) -> dict[str, Any]:
        """Return what the one statement sees under the caller's tenant, another, and none: counts, no rows."""
        if self._table is None:
            raise InvalidRequestError("No entity of this stage has a table of PostgreSQL.")
        statement = _STATEMENT.format(sql.Identifier(self._table))
        if other not in {user.tenant for user in self._stage.users}:
            raise InvalidRequestError("other: no user of this tenant is known here, who could sign in for it")
        sights: list[dict[str, Any]] = [
            {"tenant": each, "rows": self._sight(each, statement)} for each in (tenant.tenant_id, other)
        ]
        nobody = {"tenant": None, "rows": self._sight_of_nobody(tenant.tenant_id, statement)}
        return {"statement": statement.as_string(), "sights": [*sights, nobody]}

    def _sight(self, tenant: str, statement: sql.Composed) -> list[dict[str, Any]]:
        session = scoped_session(self._stage, tenant, Role.VIEWER)
        with request_scope(lambda: session):
            handle = Handle(TenantContext(tenant, Role.VIEWER, "web", "-"))
            with self._database.tenant_transaction(handle, Login.READER) as transaction:
                result = transaction.execute(statement)
            return [{"tenant_id": row[0], "count": row[1]} for row in result.fetchall()]

    def _sight_of_nobody(self, tenant: str, statement: sql.Composed) -> list[dict[str, Any]]:
        """Run the statement with the same login, on a connection on which no tenant is set."""
        secrets = scoped_client(self._stage, tenant, Role.VIEWER, "secretsmanager")
        secret = DatabaseSecret.read(secrets, self._stage.database.reader_secret_arn)
        try:
            with psycopg.connect(**secret.conninfo(sslmode=self._sslmode, sslrootcert="")) as connection:
                rows = connection.execute(statement).fetchall()
        except psycopg.OperationalError as error:
            raise DatabaseUnavailableError("The database cannot be reached right now.") from error
        return [{"tenant_id": row[0], "count": row[1]} for row in rows]


def _is_of(tenant: TenantContext, decision: Mapping[str, Any]) -> bool:
    """Whether the decision was about a session of this tenant, or about opening one for it."""
    tags = {decision["tags"].get("tenant"), decision["context"].get("aws:RequestTag/tenant")}
    return tenant.tenant_id in tags
