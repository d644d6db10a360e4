"""A migrated PostgreSQL of a test's own, and a Secrets Manager that holds what the test puts into it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, LiteralString, cast

from botocore.exceptions import ClientError

from bulkhead_localaws.postgres.server import PostgresServer
from chalicelib.control_plane.migration import SCRIPTS, migrate
from chalicelib.data.database import Database, DatabaseSettings, Login
from chalicelib.data.database_secret import DatabaseSecret
from chalicelib.data.storage import TenantTable
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_secretsmanager import SecretsManagerClient


#: The table of the tests' own penpals; see own_project.
PENPALS = TenantTable("penpals", key="penpal_id")
ADD_PENPAL: LiteralString = "INSERT INTO penpals (tenant_id, penpal_id, email, display_name) VALUES (%s, %s, %s, %s)"


def tenant(tenant_id: str = "acme", role: Role = Role.ADMIN) -> TenantContext:
    """Return a tenant context."""
    return TenantContext(tenant_id=tenant_id, role=role, user_id="1", email="someone@example.com")


@dataclass
class Secrets:
    """A Secrets Manager without IAM: a text is a secret's value, an error is what reading it raises."""

    values: dict[str, str | Exception] = field(default_factory=dict)

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> dict[str, str]:  # noqa: N803 -- boto3's names
        """Return the value, or raise as botocore does."""
        assert VersionStage == "AWSCURRENT"
        value = self.values.get(SecretId, refusal("ResourceNotFoundException"))
        if isinstance(value, Exception):
            raise value
        return {"SecretString": value}

    def store(self, login: Login, secret: DatabaseSecret, **changed: Any) -> None:
        """Put a login's secret, with some of its fields changed."""
        self.values[login] = json.dumps({"engine": "postgres"} | asdict(secret) | changed)

    def database(self, *, connections: int = 8) -> Database:
        """Return a database whose logins' secrets are called as the logins are."""
        return Database(
            lambda _: cast("SecretsManagerClient", self),
            DatabaseSettings(
                secret_arns={login: login.value for login in Login}, sslmode="disable", connections=connections
            ),
        )


def refusal(code: str) -> ClientError:
    """Return botocore's error of that code."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "GetSecretValue")


def master_of(server: PostgresServer) -> dict[str, Any]:
    """Return psycopg's connection parameters of the server's superuser."""
    return {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "dbname": server.database,
        "sslmode": "disable",
    }


def secret_of(server: PostgresServer, username: str, password: str = "a first password") -> DatabaseSecret:  # noqa: S107
    """Return a login's secret as `migrate` takes it."""
    return DatabaseSecret(server.host, server.port, username, password, server.database)


@contextmanager
def migrated_server(scripts: Path = SCRIPTS) -> Iterator[tuple[PostgresServer, dict[Login, DatabaseSecret]]]:
    """Run a migrated server, of this project or of another's revisions, with the secrets of its logins."""
    with PostgresServer.start(database="app") as server:
        secrets = {login: secret_of(server, f"app_{login}") for login in Login}
        migrate(master_of(server), list(secrets.values()), scripts)
        yield server, secrets
