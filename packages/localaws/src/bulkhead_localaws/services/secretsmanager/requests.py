"""What a Secrets Manager request itself says: the condition keys that come from its members.

A switch that a request leaves out gives an absent key where it is off by default, and "true" where it is on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.dynamodb.members import known, required_text, text

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.checks import ContextValue

SERIALIZATION = "SerializationException"
Structure = dict[str, Any]

_MANAGED_KEY = "alias/aws/secretsmanager"
_REPLICA = frozenset({"Region", "KmsKeyId"})
_TEXTS = {
    "Description": "secretsmanager:Description",
    "KmsKeyId": "secretsmanager:KmsKeyId",
    "Name": "secretsmanager:Name",
    "RotationLambdaARN": "secretsmanager:RotationLambdaARN",
    "VersionId": "secretsmanager:VersionId",
    "VersionStage": "secretsmanager:VersionStage",
}
_SWITCHES = {
    "BlockPublicPolicy": "secretsmanager:BlockPublicPolicy",
    "ForceDeleteWithoutRecovery": "secretsmanager:ForceDeleteWithoutRecovery",
    "ForceOverwriteReplicaSecret": "secretsmanager:ForceOverwriteReplicaSecret",
    "RotateImmediately": "secretsmanager:RotateImmediately",
}
_UNHEEDED = frozenset({"BlockPublicPolicy", "ForceOverwriteReplicaSecret"})


def request_context(operation: str, structure: Structure) -> dict[str, ContextValue]:
    """Return the condition keys that a request gives; those of the secret are not among them.

    Raises:
        MalformedRequestError: a member is not of the type that the protocol says.
        UnmappableRequestError: a customer's KMS key, a switch that the emulator does not heed, or ambiguous tags.
    """
    context = _scalars(operation, structure)
    if "Tags" in structure:
        context.update(tags.requested(tags.unique_tags(listed(structure, "Tags"))))
    if "TagKeys" in structure:
        context.update(tags.removed(texts(structure, "TagKeys")))
    if regions := _replica_regions(structure):
        context["secretsmanager:AddReplicaRegions"] = regions
    return context


def listed(structure: Structure, member: str) -> list[Any]:
    """Return a member that is a list; an empty one when it is absent.

    Raises:
        MalformedRequestError: it is something else.
    """
    values = structure.get(member, [])
    if not isinstance(values, list):
        raise MalformedRequestError(f"{member} is not a list", code=SERIALIZATION)
    return values


def texts(structure: Structure, member: str) -> list[str]:
    """Return a member that is a list of strings; an empty one when it is absent.

    Raises:
        MalformedRequestError: it is something else.
    """
    values = listed(structure, member)
    if not all(isinstance(value, str) for value in values):
        raise MalformedRequestError(f"{member} is not a list of strings", code=SERIALIZATION)
    return values


def _scalars(operation: str, structure: Structure) -> dict[str, ContextValue]:
    _refuse_customer_key(structure)
    context: dict[str, ContextValue] = {}
    if operation == "RotateSecret":
        context["secretsmanager:RotateImmediately"] = "true"
        if "RotationRules" in structure:
            context["secretsmanager:ModifyRotationRules"] = "true"
    for member in structure:
        if member in _TEXTS:
            context[_TEXTS[member]] = required_text(structure, member)
        elif member in _SWITCHES:
            context[_SWITCHES[member]] = _switch(structure, member)
        elif member == "RecoveryWindowInDays":
            context["secretsmanager:RecoveryWindowInDays"] = _whole_number(structure, member)
    return context


def _replica_regions(structure: Structure) -> tuple[str, ...]:
    regions = []
    for entry in listed(structure, "AddReplicaRegions"):
        replica = known(entry, _REPLICA, "A replica region")
        _refuse_customer_key(replica)
        regions.append(required_text(replica, "Region"))
    return tuple(dict.fromkeys(regions))


def _refuse_customer_key(structure: Structure) -> None:
    if text(structure, "KmsKeyId") not in {None, _MANAGED_KEY}:
        raise UnmappableRequestError("This gate cannot map the use of a customer's KMS key")


def _switch(structure: Structure, member: str) -> str:
    value = structure[member]
    if not isinstance(value, bool):
        raise MalformedRequestError(f"{member} is not a boolean", code=SERIALIZATION)
    if value and member in _UNHEEDED:
        raise UnmappableRequestError(f"This gate cannot map {member}")
    return "true" if value else "false"


def _whole_number(structure: Structure, member: str) -> str:
    value = structure[member]
    if not isinstance(value, int) or isinstance(value, bool):
        raise MalformedRequestError(f"{member} is not a whole number", code=SERIALIZATION)
    return str(value)
