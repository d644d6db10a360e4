"""The control plane's Lambda functions: no HTTP route; each has its own execution role.

What a function needs is imported in it: the routes' cold start pays for none of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.config import ControlPlaneConfig

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.database_secret import DatabaseSecret

control_plane = Blueprint(__name__)


@control_plane.lambda_function(name="migrate_database")
def migrate_database(event: dict[str, Any], context: object) -> dict[str, str]:  # noqa: ARG001 -- Lambda's signature
    """Bring the database to the newest revision; returns `{"revision"}`."""
    from chalicelib.control_plane.migration import migrate
    from chalicelib.database_secret import DatabaseSecret

    config = ControlPlaneConfig.from_environ(os.environ)
    secrets = _secrets(config)
    master = DatabaseSecret.read(secrets, config.master_secret_arn)
    logins = (DatabaseSecret.read(secrets, arn) for arn in (config.reader_secret_arn, config.writer_secret_arn))
    return {"revision": migrate(_conninfo(config, master), logins)}


@control_plane.lambda_function(name="rotate_secret")
def rotate_secret(event: dict[str, str], context: object) -> None:  # noqa: ARG001 -- Lambda's signature
    """Run one step of a rotation, as Secrets Manager asks for it: `{Step, SecretId, ClientRequestToken}`."""
    import psycopg

    from chalicelib.control_plane.rotation import Rotation

    config = ControlPlaneConfig.from_environ(os.environ)
    rotation = Rotation(
        _secrets(config), lambda secret: psycopg.connect(**_conninfo(config, secret)), config.master_secret_arn
    )
    rotation.run(event["Step"], event["SecretId"], event["ClientRequestToken"])


def _secrets(config: ControlPlaneConfig) -> SecretsManagerClient:
    from botocore.session import Session

    client: Any = Session().create_client("secretsmanager", region_name=config.region)
    typed: SecretsManagerClient = client
    return typed


def _conninfo(config: ControlPlaneConfig, secret: DatabaseSecret) -> dict[str, Any]:
    from chalicelib.database import RDS_ROOTS

    return secret.conninfo(sslmode=config.database_sslmode, sslrootcert=str(RDS_ROOTS))
