"""Secrets Manager requests → everything that IAM must allow for them.

After "Actions, resources, and condition keys for AWS Secrets Manager" in the Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/list_secretsmanager.html).

Refused, unless the caller is an unrestricted administrator: encryption with a customer's KMS key, since KMS's own
permissions and key policies would have to be checked as well; managed external secrets; replicas in other accounts;
overwriting a secret of another region, for which no page names a permission; and `BlockPublicPolicy`, which moto does
not heed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.dynamodb.members import known, required_text, text
from bulkhead_localaws.services.secretsmanager.requests import listed, request_context, texts
from bulkhead_localaws.services.secretsmanager.secrets import Secrets

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.secretsmanager.requests import Structure
    from bulkhead_localaws.services.secretsmanager.secrets import SecretCatalog, Target

_CUSTOM_ID = "_custom_id_"
_FUNCTION = re.compile(
    r"arn:(?P<partition>[a-z-]+):lambda:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):"
    r"function:[A-Za-z0-9_-]{1,64}(?::[$A-Za-z0-9_-]{1,128})?"
)

OPERATIONS: dict[str, frozenset[str]] = {
    operation: frozenset(members.split())
    for operation, members in {
        "BatchGetSecretValue": "SecretIdList Filters MaxResults NextToken",
        "CancelRotateSecret": "SecretId",
        "CreateSecret": "Name ClientRequestToken Description KmsKeyId SecretBinary SecretString Tags AddReplicaRegions "
        "ForceOverwriteReplicaSecret",
        "DeleteResourcePolicy": "SecretId",
        "DeleteSecret": "SecretId RecoveryWindowInDays ForceDeleteWithoutRecovery",
        "DescribeSecret": "SecretId",
        "GetRandomPassword": "PasswordLength ExcludeCharacters ExcludeNumbers ExcludePunctuation ExcludeUppercase "
        "ExcludeLowercase IncludeSpace RequireEachIncludedType",
        "GetResourcePolicy": "SecretId",
        "GetSecretValue": "SecretId VersionId VersionStage",
        "ListSecretVersionIds": "SecretId MaxResults NextToken IncludeDeprecated",
        "ListSecrets": "IncludePlannedDeletion MaxResults NextToken Filters SortOrder SortBy",
        "PutResourcePolicy": "SecretId ResourcePolicy BlockPublicPolicy",
        "PutSecretValue": "SecretId ClientRequestToken SecretBinary SecretString VersionStages RotationToken",
        "RemoveRegionsFromReplication": "SecretId RemoveReplicaRegions",
        "ReplicateSecretToRegions": "SecretId AddReplicaRegions ForceOverwriteReplicaSecret",
        "RestoreSecret": "SecretId",
        "RotateSecret": "SecretId ClientRequestToken RotationLambdaARN RotationRules RotateImmediately",
        "StopReplicationToReplica": "SecretId",
        "TagResource": "SecretId Tags",
        "UntagResource": "SecretId TagKeys",
        "UpdateSecret": "SecretId ClientRequestToken Description KmsKeyId SecretBinary SecretString",
        "UpdateSecretVersionStage": "SecretId VersionStage RemoveFromVersionId MoveToVersionId",
        "ValidateResourcePolicy": "SecretId ResourcePolicy",
    }.items()
}
"""Every operation that is mapped, with the members that it may have."""

_ON_EVERYTHING = frozenset({"GetRandomPassword", "ListSecrets"})
_ENCRYPTING = frozenset({"GetSecretValue", "PutSecretValue", "ReplicateSecretToRegions", "UpdateSecret"})
_KEYS_OF_CREATION = {
    "TagResource": ("aws:",),
    "ReplicateSecretToRegions": (
        "aws:",
        "secretsmanager:AddReplicaRegions",
        "secretsmanager:ForceOverwriteReplicaSecret",
    ),
}


def checks(call: Call, catalog: SecretCatalog) -> tuple[AuthorizationCheck, ...]:
    """Return everything that must be allowed for a call; `catalog` is that of its account and region.

    Raises:
        UnmappableRequestError: it cannot be known, see above.
        MalformedRequestError: Secrets Manager would refuse the call.
    """
    operation = call.operation
    members = OPERATIONS.get(operation)
    if members is None:
        raise UnmappableRequestError(f"This gate cannot map the Secrets Manager operation {operation[:64]!r}")
    structure = known(call.parameters, members, operation)
    if operation in _ON_EVERYTHING:
        return (AuthorizationCheck(f"secretsmanager:{operation}", "*"),)
    secrets = Secrets(call, catalog)
    if operation == "BatchGetSecretValue":
        return tuple(_batch_checks(structure, secrets))
    context = request_context(operation, structure)
    if operation == "CreateSecret":
        return tuple(_create_checks(structure, secrets, context))
    target = secrets.named(required_text(structure, "SecretId"))
    _check_target(operation, structure, target)
    found = [_check(operation, target, context)]
    if operation == "RotateSecret":
        found += _invocation(structure, target, call)
    elif operation == "ValidateResourcePolicy":
        found.append(_check("PutResourcePolicy", target, {}))
    return tuple(found)


def _check(operation: str, target: Target, context: dict[str, ContextValue]) -> AuthorizationCheck:
    return AuthorizationCheck(
        f"secretsmanager:{operation}",
        target.arn,
        {**target.context, **context} if context else target.context,
        target.policy,
    )


def _check_target(operation: str, structure: Structure, target: Target) -> None:
    if target.secret is None:
        return
    if operation in _ENCRYPTING and target.secret.kms_key is not None:
        raise UnmappableRequestError("This gate cannot map the use of the customer's KMS key that encrypts the secret")
    if operation == "TagResource":
        tags.check_respelled((tag["Key"] for tag in listed(structure, "Tags")), target.secret.tags)


def _batch_checks(structure: Structure, secrets: Secrets) -> list[AuthorizationCheck]:
    """Of every secret that is named; with filters, of every secret there is.

    AWS leaves out the secrets that the caller may not read; here the whole call is refused, since the gate does not
    change what the emulator answers.
    """
    ids, filters = texts(structure, "SecretIdList"), listed(structure, "Filters")
    if bool(ids) == bool(filters):
        raise MalformedRequestError(
            "Either 'SecretIdList' or 'Filters' must be provided, but not both.", code="InvalidParameterException"
        )
    found = [AuthorizationCheck("secretsmanager:BatchGetSecretValue", "*")]
    if filters:
        found.append(AuthorizationCheck("secretsmanager:ListSecrets", "*"))
    for target in secrets.all() if filters else [secrets.named(each) for each in ids]:
        _check_target("GetSecretValue", structure, target)
        found.append(_check("GetSecretValue", target, {}))
    return found


def _create_checks(
    structure: Structure, secrets: Secrets, context: dict[str, ContextValue]
) -> list[AuthorizationCheck]:
    """CreateSecret, and what it does besides: TagResource and ReplicateSecretToRegions, with their own keys."""
    if any(tag["Key"] == _CUSTOM_ID for tag in listed(structure, "Tags")):
        raise UnmappableRequestError(f"moto lets the tag {_CUSTOM_ID} choose the end of the secret's ARN")
    targets = secrets.to_create(required_text(structure, "Name"))
    found = [_check("CreateSecret", target, context) for target in targets]
    for operation, member in (("TagResource", "Tags"), ("ReplicateSecretToRegions", "AddReplicaRegions")):
        if listed(structure, member):
            own = {key: value for key, value in context.items() if key.startswith(_KEYS_OF_CREATION[operation])}
            found += [_check(operation, target, own) for target in targets]
    return found


def _invocation(structure: Structure, target: Target, call: Call) -> list[AuthorizationCheck]:
    """RotateSecret: "You also need lambda:InvokeFunction permissions on the rotation function".

    Source: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html
    """
    function = text(structure, "RotationLambdaARN")
    if function is None and target.secret is not None:
        function = target.secret.rotation_function
    if function is None:
        return []
    arn = _FUNCTION.fullmatch(function)
    if arn is None:
        raise MalformedRequestError("Invalid RotationLambdaARN", code="InvalidParameterException")
    if (arn["partition"], arn["region"], arn["account"]) != (partition_of(call.region), call.region, call.account):
        raise UnmappableRequestError("The rotation function is in another account or region")
    return [AuthorizationCheck("lambda:InvokeFunction", function)]
