"""The two demo tenants' users, one of each role, with passwords made anew for each stage."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from chalicelib.control_plane.pool_users import PoolUsers
from chalicelib.tenancy.tenant import Role
from stage.document import User

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

DEMO_TENANTS = ("acme", "globex")


def create_demo_users(
    cognito: CognitoIdentityProviderClient, user_pool_id: str, tenants: tuple[str, ...] = DEMO_TENANTS
) -> list[User]:
    """Give each onboarded tenant a user of each role, who can sign in at once; the administrator is there already."""
    return [_create_user(cognito, user_pool_id, tenant, role) for tenant in tenants for role in Role]


def _create_user(cognito: CognitoIdentityProviderClient, user_pool_id: str, tenant: str, role: Role) -> User:
    email = demo_email(tenant, role)
    user = User(tenant=tenant, role=role, username=f"{tenant}/{email}", password=_password())
    PoolUsers(cognito, user_pool_id, tenant).invite(email, role)
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id, Username=user.username, Password=user.password, Permanent=True
    )
    return user


def demo_email(tenant: str, role: Role) -> str:
    """Return the address of a demo user."""
    return f"{role}@{tenant}.example.com"


def _password() -> str:
    """Return a random password of every class of characters that the user pool's policy asks for."""
    return f"Aa1-{secrets.token_urlsafe(15)}"
