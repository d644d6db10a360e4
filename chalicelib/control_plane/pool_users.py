"""Who can sign in: a tenant's users in Cognito, named `{tenant}/{email}`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.errors import PoolUserExistsError, PoolUserNotFoundError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_cognito_idp.type_defs import AdminGetUserResponseTypeDef

    from chalicelib.tenancy.tenant import Role

_PAGE = 60  # users. Source: AWS, Cognito API reference, ListUsers, Limit


class PoolUsers:
    """The users of one user pool who belong to one tenant; its id is immutable in each of them."""

    def __init__(self, cognito: CognitoIdentityProviderClient, user_pool_id: str, tenant_id: str) -> None:
        self._cognito = cognito
        self._user_pool_id = user_pool_id
        self._tenant_id = tenant_id

    def invite(self, email: str, role: Role) -> bool:
        """Create a user, to whom Cognito sends a temporary password, and return whether it is new.

        Raises:
            PoolUserExistsError: there is one of this email in another role.
        """
        try:
            self._cognito.admin_create_user(
                UserPoolId=self._user_pool_id,
                Username=self._username(email),
                DesiredDeliveryMediums=["EMAIL"],
                UserAttributes=[
                    {"Name": "email", "Value": email},
                    {"Name": "email_verified", "Value": "true"},
                    {"Name": "custom:tenantID", "Value": self._tenant_id},
                    {"Name": "custom:role", "Value": role.value},
                ],
            )
        except self._cognito.exceptions.UsernameExistsException:
            attributes = {each["Name"]: each.get("Value") for each in self._get(email)["UserAttributes"]}
            if attributes.get("custom:role") != role.value:
                raise PoolUserExistsError(f"{email} is {attributes.get('custom:role')} of {self._tenant_id}.") from None
            return False
        return True

    def set_role(self, email: str, role: Role) -> None:
        """Change a user's role; whoever is signed in must sign in again, at the latest when the token expires.

        Raises:
            PoolUserNotFoundError: the tenant has no such user.
        """
        self._get(email)
        self._cognito.admin_update_user_attributes(
            UserPoolId=self._user_pool_id,
            Username=self._username(email),
            UserAttributes=[{"Name": "custom:role", "Value": role.value}],
        )
        self._sign_out(self._username(email))

    def remove(self, email: str) -> None:
        """Sign a user out everywhere and delete it.

        Raises:
            PoolUserNotFoundError: the tenant has no such user.
        """
        self._get(email)
        self._delete(self._username(email))

    def remove_some(self) -> int:
        """Sign out and delete a page of the tenant's users, and return how many there were; 0 means none is left."""
        pages = self._cognito.get_paginator("list_users").paginate(
            UserPoolId=self._user_pool_id,
            Filter=f'username ^= "{self._tenant_id}/"',  # no tenant id holds a slash or a quote
            PaginationConfig={"PageSize": _PAGE},
        )
        users = next((page["Users"] for page in pages if page["Users"]), [])  # Cognito may answer an empty page first
        for user in users:
            self._delete(user["Username"])
        return len(users)

    def _delete(self, username: str) -> None:
        try:
            self._sign_out(username)
            self._cognito.admin_delete_user(UserPoolId=self._user_pool_id, Username=username)
        except self._cognito.exceptions.UserNotFoundException:
            return  # somebody else was quicker

    def _sign_out(self, username: str) -> None:
        self._cognito.admin_user_global_sign_out(UserPoolId=self._user_pool_id, Username=username)

    def _get(self, email: str) -> AdminGetUserResponseTypeDef:
        try:
            return self._cognito.admin_get_user(UserPoolId=self._user_pool_id, Username=self._username(email))
        except self._cognito.exceptions.UserNotFoundException:
            raise PoolUserNotFoundError(f"{self._tenant_id} has no user {email}.") from None

    def _username(self, email: str) -> str:
        return f"{self._tenant_id}/{email}"
