"""The two demo tenants' users, one of each role, with passwords made anew for each stage."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from chalicelib.tenant import Role
from ops.stage import User

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

DEMO_TENANTS = ("acme", "globex")


def create_demo_users(
    cognito: CognitoIdentityProviderClient, user_pool_id: str, tenants: tuple[str, ...] = DEMO_TENANTS
) -> list[User]:
    """Create a user of each role in each tenant, who can sign in at once."""
    return [_create_user(cognito, user_pool_id, tenant, role) for tenant in tenants for role in Role]


def _create_user(cognito: CognitoIdentityProviderClient, user_pool_id: str, tenant: str, role: Role) -> User:
    email = f"{role}@{tenant}.example.com"
    user = User(tenant=tenant, role=role, username=f"{tenant}/{email}", password=_password())
    cognito.admin_create_user(
        UserPoolId=user_pool_id,
        Username=user.username,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "custom:tenantID", "Value": tenant},
            {"Name": "custom:role", "Value": role.value},
        ],
    )
    cognito.admin_set_user_password(
        UserPoolId=user_pool_id, Username=user.username, Password=user.password, Permanent=True
    )
    return user


def _password() -> str:
    """Return a random password of every class of characters that the user pool's policy asks for."""
    return f"Aa1-{secrets.token_urlsafe(15)}"
