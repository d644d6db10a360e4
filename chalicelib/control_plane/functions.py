"""The control plane's Lambda functions: no HTTP route; each has its own execution role.

What a function needs is imported in it: the routes' cold start pays for none of it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint

from chalicelib.config import DatabaseFunctionsConfig, SigningKeysConfig
from chalicelib.errors import ControlPlaneError
from chalicelib.tenancy.audit import Outcome, record

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.data.database_secret import DatabaseSecret
    from chalicelib.data.registry import RegisteredTenant
    from chalicelib.tenancy.statuses import Status

#: An invocation of offboard_tenant works for so long; Lambda would end it after 15 minutes.
OFFBOARDING_SECONDS = 600.0

control_plane = Blueprint(__name__)


@control_plane.lambda_function(name="migrate_database")
def migrate_database(event: dict[str, Any], context: object) -> dict[str, str]:  # noqa: ARG001 -- Lambda's signature
    """Bring the database to the newest revision; returns `{"revision"}`."""
    from chalicelib.control_plane.migration import migrate
    from chalicelib.data.database_secret import DatabaseSecret

    config = DatabaseFunctionsConfig.from_environ(os.environ)
    secrets = _secrets(config)
    master = DatabaseSecret.read(secrets, config.master_secret_arn)
    logins = (DatabaseSecret.read(secrets, arn) for arn in (config.reader_secret_arn, config.writer_secret_arn))
    return {"revision": migrate(_conninfo(config, master), logins)}


@control_plane.lambda_function(name="rotate_secret")
def rotate_secret(event: dict[str, str], context: object) -> None:  # noqa: ARG001 -- Lambda's signature
    """Run one step of a rotation, as Secrets Manager asks for it: `{Step, SecretId, ClientRequestToken}`."""
    import psycopg

    from chalicelib.control_plane.rotation import Rotation

    config = DatabaseFunctionsConfig.from_environ(os.environ)
    rotation = Rotation(
        _secrets(config), lambda secret: psycopg.connect(**_conninfo(config, secret)), config.master_secret_arn
    )
    rotation.run(event["Step"], event["SecretId"], event["ClientRequestToken"])


@control_plane.lambda_function(name="tag_id_token")
def tag_id_token(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Tag the id token that the user pool is about to sign: its pre-token trigger, which needs no rights."""
    from chalicelib.tenancy import token_tags

    return token_tags.tag_id_token(event, context)


@control_plane.lambda_function(name="refresh_signing_keys")
def refresh_signing_keys(event: dict[str, Any], context: object) -> dict[str, int]:  # noqa: ARG001 -- Lambda's signature
    """Copy the user pool's signing keys to where the API can read them; returns `{"keys"}`, how many there are."""
    from botocore.session import Session
    from jwt import PyJWKSet

    from chalicelib.data.signing_key_copy import SigningKeyCopy
    from chalicelib.tenancy.signing_keys import fetch_json

    config = SigningKeysConfig.from_environ(os.environ)
    client: Any = Session().create_client("dynamodb", region_name=config.region)
    document = fetch_json(config.jwks_url)
    keys = PyJWKSet.from_dict(document).keys  # before the copy that works is replaced by one that does not
    SigningKeyCopy(client, config.signing_keys_table_name, lambda: datetime.now(UTC)).write(
        config.token_issuer, document
    )
    return {"keys": len(keys)}


@control_plane.lambda_function(name="onboard_tenant")
def onboard_tenant(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Onboard a tenant: `{tenant_id, display_name, admin_email}`; returns the tenant."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import OnboardEvent, parse_event
        from chalicelib.control_plane.onboarding import onboard
        from chalicelib.control_plane.tenants import ControlPlane
        from chalicelib.entities import ENTITIES

        parsed, plane = parse_event(event, OnboardEvent), ControlPlane(os.environ)
        return _answer(onboard(parsed, plane.registry, plane.pool_users, plane.database, ENTITIES))

    return _audited("onboard_tenant", event, context, run)


@control_plane.lambda_function(name="suspend_tenant")
def suspend_tenant(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Suspend an active tenant: `{tenant_id}`; its tokens are refused once the authorizer's cache has expired."""

    def run() -> dict[str, Any]:
        from chalicelib.tenancy.statuses import Status

        return _changed(event, Status.ACTIVE, Status.SUSPENDED)

    return _audited("suspend_tenant", event, context, run)


@control_plane.lambda_function(name="resume_tenant")
def resume_tenant(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Make a suspended tenant active again: `{tenant_id}`."""

    def run() -> dict[str, Any]:
        from chalicelib.tenancy.statuses import Status

        return _changed(event, Status.SUSPENDED, Status.ACTIVE)

    return _audited("resume_tenant", event, context, run)


@control_plane.lambda_function(name="offboard_tenant")
def offboard_tenant(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Go on with the offboarding of a tenant: `{tenant_id, confirm}`; returns how far it is, to be called again."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import OffboardEvent, parse_event
        from chalicelib.control_plane.offboarding import Offboarding
        from chalicelib.control_plane.tenants import ControlPlane, time_left
        from chalicelib.vending.handles import request_scope

        parsed, plane = parse_event(event, OffboardEvent), ControlPlane(os.environ)
        with request_scope(plane.maintenance_session("offboard_tenant", parsed.tenant_id)):
            return Offboarding.of(plane.means_of_offboarding(), parsed).run(time_left(OFFBOARDING_SECONDS))

    return _audited("offboard_tenant", event, context, run)


@control_plane.lambda_function(name="list_tenants")
def list_tenants(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return a page of tenants: `{limit, after}`; returns `{"tenants", "next"}`."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import ListEvent, parse_event
        from chalicelib.control_plane.tenants import ControlPlane

        parsed = parse_event(event, ListEvent)
        tenants, last = ControlPlane(os.environ).registry.page(limit=parsed.limit, after=parsed.after)
        return {"tenants": [_answer(tenant) for tenant in tenants], "next": last}

    return _audited("list_tenants", event, context, run)


@control_plane.lambda_function(name="invite_user")
def invite_user(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Create a user of an active tenant: `{tenant_id, email, role}`; Cognito sends a temporary password."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import RoleEvent, parse_event
        from chalicelib.control_plane.tenants import ControlPlane
        from chalicelib.data.registry import require
        from chalicelib.tenancy.statuses import Status

        parsed, plane = parse_event(event, RoleEvent), ControlPlane(os.environ)
        require(plane.registry.get(parsed.tenant_id), Status.ACTIVE)
        created = plane.pool_users(parsed.tenant_id).invite(parsed.email, parsed.role)
        return {"tenant_id": parsed.tenant_id, "email": parsed.email, "role": parsed.role.value, "created": created}

    return _audited("invite_user", event, context, run)


@control_plane.lambda_function(name="remove_user")
def remove_user(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Sign a user out everywhere and delete the user: `{tenant_id, email}`."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import PoolUserEvent, parse_event
        from chalicelib.control_plane.tenants import ControlPlane
        from chalicelib.data.registry import require
        from chalicelib.tenancy.statuses import Status

        parsed, plane = parse_event(event, PoolUserEvent), ControlPlane(os.environ)
        require(plane.registry.get(parsed.tenant_id), Status.ACTIVE, Status.SUSPENDED)
        plane.pool_users(parsed.tenant_id).remove(parsed.email)
        return {"tenant_id": parsed.tenant_id, "email": parsed.email}

    return _audited("remove_user", event, context, run)


@control_plane.lambda_function(name="set_role")
def set_role(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Change a user's role: `{tenant_id, email, role}`; a token with the former one stays valid until it expires."""

    def run() -> dict[str, Any]:
        from chalicelib.control_plane.events import RoleEvent, parse_event
        from chalicelib.control_plane.tenants import ControlPlane
        from chalicelib.data.registry import require
        from chalicelib.tenancy.statuses import Status

        parsed, plane = parse_event(event, RoleEvent), ControlPlane(os.environ)
        require(plane.registry.get(parsed.tenant_id), Status.ACTIVE, Status.SUSPENDED)
        plane.pool_users(parsed.tenant_id).set_role(parsed.email, parsed.role)
        return {"tenant_id": parsed.tenant_id, "email": parsed.email, "role": parsed.role.value}

    return _audited("set_role", event, context, run)


def _changed(event: dict[str, Any], before: Status, after: Status) -> dict[str, Any]:
    from chalicelib.control_plane.events import TenantEvent, parse_event
    from chalicelib.control_plane.tenants import ControlPlane
    from chalicelib.data.registry import require

    parsed, registry = parse_event(event, TenantEvent), ControlPlane(os.environ).registry
    tenant = registry.get(parsed.tenant_id)
    if tenant.status is after:  # by a run that was killed before it could answer
        return _answer(tenant)
    require(tenant, before)
    return _answer(registry.change(tenant, after))


def _answer(tenant: RegisteredTenant) -> dict[str, Any]:
    return {
        "tenant_id": tenant.tenant_id,
        "display_name": tenant.display_name,
        "admin_email": tenant.admin_email,
        "status": tenant.status.value,
        "created_at": tenant.created_at.isoformat(),
        "changed_at": tenant.changed_at.isoformat(),
    }


def _audited(action: str, event: dict[str, Any], context: Any, run: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run it, and record who asked for what with which outcome, also when it fails."""
    outcome, reason = Outcome.FAILED, ""
    try:
        answer = run()
        outcome = Outcome.SUCCEEDED if answer.get("done", True) else Outcome.IN_PROGRESS
    except ControlPlaneError as error:
        outcome, reason = Outcome.REFUSED, type(error).__name__
        raise
    except Exception as error:
        reason = type(error).__name__
        raise
    else:
        return answer
    finally:
        record(
            action,
            outcome,
            tenant=_named(event, "tenant_id", 32),
            actor=_named(event, "actor", 256) or "unnamed",
            request_id=getattr(context, "aws_request_id", ""),
            reason=reason,
        )


def _named(event: object, name: str, longest: int) -> str:
    """Return a short text of the event: nothing else that callers send is logged."""
    value = event.get(name) if isinstance(event, dict) else None
    return value if isinstance(value, str) and len(value) <= longest and value.isprintable() else ""


def _secrets(config: DatabaseFunctionsConfig) -> SecretsManagerClient:
    from botocore.session import Session

    client: Any = Session().create_client("secretsmanager", region_name=config.region)
    typed: SecretsManagerClient = client
    return typed


def _conninfo(config: DatabaseFunctionsConfig, secret: DatabaseSecret) -> dict[str, Any]:
    from chalicelib.data.database import RDS_ROOTS

    return secret.conninfo(sslmode=config.database_sslmode, sslrootcert=str(RDS_ROOTS))
