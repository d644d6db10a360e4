"""The operations of IAM that are mapped: what each is authorized on, and the parameters that it may have.

After "Actions, resources, and condition keys for AWS Identity and Access Management" in the Service Authorization
Reference (https://docs.aws.amazon.com/service-authorization/latest/reference/list_iam.html). The parameters are listed
by hand and not taken from an SDK: one that IAM gains later could widen what a request touches.

Left out, and so refused: identity providers, server certificates, MFA devices and service-specific credentials, whose
condition keys depend on what no emulator knows; service-linked roles, whose names the services choose, and as which
moto deletes any role; policy simulation, delegation and access reports.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["role", "user", "group", "policy", "instance-profile"]

_PAGE = "Marker MaxItems"

NAMED_BY: dict[Kind, str] = {
    "role": "RoleName",
    "user": "UserName",
    "group": "GroupName",
    "policy": "PolicyArn",
    "instance-profile": "InstanceProfileName",
}
"""The parameter that names the resource."""

LISTS = frozenset({"Filter", "TagKeys", "Tags"})
"""The parameters that are lists, in every operation that has them."""

_ON_RESOURCES: dict[Kind, dict[str, str]] = {
    "role": {
        "AttachRolePolicy": "PolicyArn",
        "DeleteRole": "",
        "DeleteRolePermissionsBoundary": "",
        "DeleteRolePolicy": "PolicyName",
        "DetachRolePolicy": "PolicyArn",
        "GetRole": "",
        "GetRolePolicy": "PolicyName",
        "ListAttachedRolePolicies": f"PathPrefix {_PAGE}",
        "ListInstanceProfilesForRole": _PAGE,
        "ListRolePolicies": _PAGE,
        "ListRoleTags": _PAGE,
        "PutRolePermissionsBoundary": "PermissionsBoundary",
        "PutRolePolicy": "PolicyName PolicyDocument",
        "TagRole": "Tags",
        "UntagRole": "TagKeys",
        "UpdateAssumeRolePolicy": "PolicyDocument",
        "UpdateRole": "Description MaxSessionDuration",
        "UpdateRoleDescription": "Description",
    },
    "user": {
        "AttachUserPolicy": "PolicyArn",
        "CreateAccessKey": "",
        "CreateLoginProfile": "Password PasswordResetRequired",
        "DeleteAccessKey": "AccessKeyId",
        "DeleteLoginProfile": "",
        "DeleteSSHPublicKey": "SSHPublicKeyId",
        "DeleteSigningCertificate": "CertificateId",
        "DeleteUser": "",
        "DeleteUserPermissionsBoundary": "",
        "DeleteUserPolicy": "PolicyName",
        "DetachUserPolicy": "PolicyArn",
        "GetLoginProfile": "",
        "GetSSHPublicKey": "SSHPublicKeyId Encoding",
        "GetUser": "",
        "GetUserPolicy": "PolicyName",
        "ListAccessKeys": _PAGE,
        "ListAttachedUserPolicies": f"PathPrefix {_PAGE}",
        "ListGroupsForUser": _PAGE,
        "ListMFADevices": _PAGE,
        "ListSSHPublicKeys": _PAGE,
        "ListSigningCertificates": _PAGE,
        "ListUserPolicies": _PAGE,
        "ListUserTags": _PAGE,
        "PutUserPermissionsBoundary": "PermissionsBoundary",
        "PutUserPolicy": "PolicyName PolicyDocument",
        "TagUser": "Tags",
        "UntagUser": "TagKeys",
        "UpdateAccessKey": "AccessKeyId Status",
        "UpdateLoginProfile": "Password PasswordResetRequired",
        "UpdateSSHPublicKey": "SSHPublicKeyId Status",
        "UpdateSigningCertificate": "CertificateId Status",
        "UpdateUser": "NewPath NewUserName",
        "UploadSSHPublicKey": "SSHPublicKeyBody",
        "UploadSigningCertificate": "CertificateBody",
    },
    "group": {
        "AddUserToGroup": "UserName",
        "AttachGroupPolicy": "PolicyArn",
        "DeleteGroup": "",
        "DeleteGroupPolicy": "PolicyName",
        "DetachGroupPolicy": "PolicyArn",
        "GetGroup": _PAGE,
        "GetGroupPolicy": "PolicyName",
        "ListAttachedGroupPolicies": f"PathPrefix {_PAGE}",
        "ListGroupPolicies": _PAGE,
        "PutGroupPolicy": "PolicyName PolicyDocument",
        "RemoveUserFromGroup": "UserName",
        "UpdateGroup": "NewPath NewGroupName",
    },
    "policy": {
        "CreatePolicyVersion": "PolicyDocument SetAsDefault",
        "DeletePolicy": "",
        "DeletePolicyVersion": "VersionId",
        "GetPolicy": "",
        "GetPolicyVersion": "VersionId",
        "ListEntitiesForPolicy": f"EntityFilter PathPrefix PolicyUsageFilter {_PAGE}",
        "ListPolicyTags": _PAGE,
        "ListPolicyVersions": _PAGE,
        "SetDefaultPolicyVersion": "VersionId",
        "TagPolicy": "Tags",
        "UntagPolicy": "TagKeys",
    },
    "instance-profile": {
        "AddRoleToInstanceProfile": "RoleName",
        "DeleteInstanceProfile": "",
        "GetInstanceProfile": "",
        "ListInstanceProfileTags": _PAGE,
        "RemoveRoleFromInstanceProfile": "RoleName",
        "TagInstanceProfile": "Tags",
        "UntagInstanceProfile": "TagKeys",
    },
}


class Operation(NamedTuple):
    """An operation on one resource: the resource's kind, and all parameters."""

    kind: Kind
    members: frozenset[str]


ON_RESOURCE: dict[str, Operation] = {
    operation: Operation(kind, frozenset({NAMED_BY[kind], *members.split()}))
    for kind, operations in _ON_RESOURCES.items()
    for operation, members in operations.items()
}


class Creation(NamedTuple):
    """An operation that creates a resource: its kind, what names it, the action that tags it, and all parameters."""

    kind: Kind
    named_by: str
    tagging: str
    members: frozenset[str]


_CREATED: tuple[tuple[str, Kind, str], ...] = (
    ("Group", "group", ""),
    ("InstanceProfile", "instance-profile", "Tags"),
    ("Policy", "policy", "PolicyDocument Description Tags"),
    ("Role", "role", "AssumeRolePolicyDocument Description MaxSessionDuration PermissionsBoundary Tags"),
    ("User", "user", "PermissionsBoundary Tags"),
)

CREATIONS: dict[str, Creation] = {
    f"Create{noun}": Creation(kind, f"{noun}Name", f"Tag{noun}", frozenset({f"{noun}Name", "Path", *members.split()}))
    for noun, kind, members in _CREATED
}

ON_EVERYTHING: dict[str, frozenset[str]] = {
    operation: frozenset(members.split())
    for operation, members in {
        "CreateAccountAlias": "AccountAlias",
        "DeleteAccountAlias": "AccountAlias",
        "DeleteAccountPasswordPolicy": "",
        "GenerateCredentialReport": "",
        "GetAccountAuthorizationDetails": f"Filter {_PAGE}",
        "GetAccountPasswordPolicy": "",
        "GetAccountSummary": "",
        "GetCredentialReport": "",
        "ListAccountAliases": _PAGE,
        "ListGroups": f"PathPrefix {_PAGE}",
        "ListInstanceProfiles": f"PathPrefix {_PAGE}",
        "ListOpenIDConnectProviders": "",
        "ListPolicies": f"Scope OnlyAttached PathPrefix PolicyUsageFilter {_PAGE}",
        "ListRoles": f"PathPrefix {_PAGE}",
        "ListSAMLProviders": "",
        "ListServerCertificates": f"PathPrefix {_PAGE}",
        "ListUsers": f"PathPrefix {_PAGE}",
        "ListVirtualMFADevices": f"AssignmentStatus {_PAGE}",
        "UpdateAccountPasswordPolicy": "MinimumPasswordLength RequireSymbols RequireNumbers RequireUppercaseCharacters "
        "RequireLowercaseCharacters AllowUsersToChangePassword MaxPasswordAge PasswordReusePrevention HardExpiry",
    }.items()
}
"""Operations without resource-level permissions, with their parameters."""

FOR_THE_CALLER = frozenset({
    "CreateAccessKey", "CreateLoginProfile", "DeleteAccessKey", "DeleteLoginProfile", "DeleteSigningCertificate",
    "GetLoginProfile", "GetUser", "ListAccessKeys", "ListMFADevices", "ListSSHPublicKeys", "ListSigningCertificates",
    "UpdateAccessKey", "UpdateSigningCertificate", "UploadSigningCertificate",
})  # fmt: skip
"""Operations that mean the caller when they name no user."""

WITH_CURRENT_BOUNDARY = frozenset({
    "AttachRolePolicy", "AttachUserPolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy",
    "DeleteUserPermissionsBoundary", "DeleteUserPolicy", "DetachRolePolicy", "DetachUserPolicy", "GetRole",
    "PutRolePolicy", "PutUserPolicy", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
})  # fmt: skip
"""Operations whose `iam:PermissionsBoundary` is the one that the role or user has."""
