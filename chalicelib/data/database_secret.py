"""A database secret in the form that RDS uses: `{engine, host, port, username, password, dbname}`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib import PRODUCT
from chalicelib.errors import DatabaseUnavailableError, TenantAccessDeniedError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_TRY_AGAIN = "The database's credentials cannot be had right now; try again shortly."


@dataclass(frozen=True, slots=True)
class DatabaseSecret:
    """How to log in to the database.

    Source: AWS, "JSON structure of AWS Secrets Manager database credential secrets" (https://docs.aws.amazon.com/
    secretsmanager/latest/userguide/reference_secret_json_structure.html).
    """

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    dbname: str

    @classmethod
    def parse(cls, document: str) -> Self:
        """Read the secret's text.

        Raises:
            DatabaseUnavailableError: it is not such a document; the message holds nothing of it.
        """
        try:
            fields: dict[str, Any] = json.loads(document)
            return cls(
                host=str(fields["host"]),
                port=int(fields["port"]),
                username=str(fields["username"]),
                password=str(fields["password"]),
                dbname=str(fields["dbname"]),
            )
        except (ValueError, KeyError, TypeError):
            raise DatabaseUnavailableError(_TRY_AGAIN) from None  # the cause would show the secret

    @classmethod
    def read(cls, secrets: SecretsManagerClient, secret_arn: str, *, stage: str = "AWSCURRENT") -> Self:
        """Read the secret with the given client's rights.

        Raises:
            TenantAccessDeniedError: IAM refused.
            DatabaseUnavailableError: it is missing, malformed, or Secrets Manager cannot be reached.
        """
        try:
            answer = secrets.get_secret_value(SecretId=secret_arn, VersionStage=stage)
        except ClientError as error:
            if error.response["Error"]["Code"] == "AccessDeniedException":
                raise TenantAccessDeniedError("IAM does not let this role read the login.") from error
            raise DatabaseUnavailableError(_TRY_AGAIN) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise DatabaseUnavailableError(_TRY_AGAIN) from error
        return cls.parse(answer.get("SecretString", ""))

    def conninfo(self, *, sslmode: str, sslrootcert: str) -> dict[str, Any]:
        """Return psycopg's connection parameters, with bounds on every wait (seconds; milliseconds in `options`)."""
        tls = {"sslmode": sslmode} | ({"sslrootcert": sslrootcert} if sslmode == "verify-full" else {})
        return tls | {
            "host": self.host,
            "port": self.port,
            "user": self.username,
            "password": self.password,
            "dbname": self.dbname,
            "connect_timeout": 2,
            # A host that is gone without a word, as in a failover, is noticed after 5 s and not after TCP's 15 minutes.
            "tcp_user_timeout": 5000,
            "keepalives_idle": 3,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "options": "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000",
            "application_name": PRODUCT,
        }
