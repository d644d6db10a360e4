"""Requests of Cognito user pools → everything that IAM must allow for them; `cognito_operations` is the table of them.

Public operations are not authorized by AWS at all. One that comes with a signature nevertheless is authorized here like
any other call, on `*`: the safe side of what AWS does, and SDKs do not sign them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.arns import partition_of
from bulkhead_localaws.services.cognito_idp.clients import check_client
from bulkhead_localaws.services.cognito_idp.operations import (
    NEW_POOL_MEMBERS,
    ON_POOL,
    PUBLIC_OPERATIONS,
    WITHOUT_ACTION,
)
from bulkhead_localaws.services.cognito_idp.triggers import check_triggers
from bulkhead_localaws.services.dynamodb.members import known, required_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue

__all__ = ["OPERATIONS", "PUBLIC_OPERATIONS", "UserPoolCatalog", "checks"]

_POOL_ID = re.compile(r"[A-Za-z0-9-]{1,40}_[A-Za-z0-9]{1,54}")
_MAX_POOL_ID = 55
_CODE = "InvalidParameterException"
_DEFAULT_SENDER = "COGNITO_DEFAULT"
_TAGGING: dict[str, frozenset[str]] = {
    "ListTagsForResource": frozenset({"ResourceArn"}),
    "TagResource": frozenset({"ResourceArn", "Tags"}),
    "UntagResource": frozenset({"ResourceArn", "TagKeys"}),
}
_ON_EVERYTHING: dict[str, frozenset[str]] = {
    "CreateUserPool": NEW_POOL_MEMBERS,
    "DescribeUserPoolDomain": frozenset({"Domain"}),
    "ListUserPools": frozenset({"NextToken", "MaxResults"}),
}
_CHANGED = {"AdminUpdateUserAttributes": "UserAttributes", "AdminDeleteUserAttributes": "UserAttributeNames"}
_CLIENT_CHANGES = frozenset({"CreateUserPoolClient", "UpdateUserPoolClient"})
_WITH_DOMAIN = frozenset({"CreateUserPoolDomain", "DeleteUserPoolDomain"})

OPERATIONS = frozenset({*ON_POOL, *_TAGGING, *_ON_EVERYTHING, *PUBLIC_OPERATIONS} - WITHOUT_ACTION)
"""Every operation that is mapped."""


class UserPoolCatalog(Protocol):
    """The user pools of one account and region as they are now."""

    def tags(self, pool_id: str) -> Mapping[str, str]:
        """Return the tags of a user pool; empty when there is none of this id."""

    def pool_of_domain(self, domain: str) -> str | None:
        """Return the id of the pool that the emulator finds for a domain."""

    def immutable_attributes(self, pool_id: str) -> Collection[str]:
        """Return the names of the attributes that a user of the pool gets once."""

    def pools_of_client(self, client_id: str) -> Collection[str]:
        """Return the ARNs of the pools, in all accounts and regions, that have a client of this id."""


def checks(call: Call, catalog: UserPoolCatalog) -> tuple[AuthorizationCheck, ...]:
    """Return everything that must be allowed for a call; `catalog` is that of its account and region.

    Raises:
        UnmappableRequestError: it cannot be known, or is left out of the table.
        MalformedRequestError: Cognito would refuse the call.
    """
    operation = call.operation
    prefix = f"arn:{partition_of(call.region)}:cognito-idp:{call.region}:{call.account}:userpool/"
    if operation in ON_POOL:
        structure = known(call.parameters, ON_POOL[operation], operation)
        pool_id = _pool_id(required_text(structure, "UserPoolId"))
        return tuple(_pool_checks(operation, structure, prefix + pool_id, pool_id, catalog))
    if operation in _TAGGING:
        structure = known(call.parameters, _TAGGING[operation], operation)
        return (_tagging_check(operation, structure, prefix, catalog),)
    if operation in _ON_EVERYTHING:
        structure = known(call.parameters, _ON_EVERYTHING[operation], operation)
        return tuple(_account_checks(operation, structure, prefix))
    if operation in PUBLIC_OPERATIONS and operation not in WITHOUT_ACTION:
        return (AuthorizationCheck(f"cognito-idp:{operation}", "*"),)
    raise UnmappableRequestError(f"This gate cannot map the Cognito operation {operation[:64]!r} to IAM actions")


def _pool_checks(
    operation: str, structure: dict[str, Any], arn: str, pool_id: str, catalog: UserPoolCatalog
) -> list[AuthorizationCheck]:
    if operation in _WITH_DOMAIN and catalog.pool_of_domain(required_text(structure, "Domain")) not in {None, pool_id}:
        raise UnmappableRequestError("moto would take the domain of another user pool")
    if operation == "AdminRespondToAuthChallenge" and not _has_alone(
        arn, catalog.pools_of_client(required_text(structure, "ClientId"))
    ):
        raise UnmappableRequestError("moto would answer the challenge of another user pool")
    for name in _attributes_changed(operation, structure):
        if name in catalog.immutable_attributes(pool_id):  # moto would change it
            raise MalformedRequestError(f"user.{name}: Attribute cannot be updated.", code=_CODE)
    if operation in _CLIENT_CHANGES:
        check_client(structure)
    existing = catalog.tags(pool_id)
    context = tags.attached(existing, "aws")
    if operation != "UpdateUserPool":
        return [AuthorizationCheck(f"cognito-idp:{operation}", arn, context)]
    return _update_checks(structure, arn, existing, context)


def _attributes_changed(operation: str, structure: dict[str, Any]) -> list[str]:
    """Return the attributes that a call sets or deletes in a user who is there already."""
    if operation not in _CHANGED:
        return []
    given = structure.get(_CHANGED[operation], [])
    names = [each.get("Name") if isinstance(each, dict) else each for each in given] if isinstance(given, list) else []
    if not isinstance(given, list) or not all(isinstance(name, str) for name in names):
        raise MalformedRequestError(f"{_CHANGED[operation]} is not a list of attributes", code=_CODE)
    return [str(name) for name in names]


def _has_alone(arn: str, arns: Collection[str]) -> bool:
    return all(each == arn for each in arns)


def _update_checks(
    structure: dict[str, Any], arn: str, existing: Mapping[str, str], context: dict[str, ContextValue]
) -> list[AuthorizationCheck]:
    """UpdateUserPool, and TagResource and UntagResource for the tags that it sets and drops.

    "If you don't provide a value for an attribute, Amazon Cognito sets it to its default value": so for tags, too.
    """
    _check_reach(structure)
    wanted = _tags(structure, "UserPoolTags")
    setting = tags.requested(wanted)
    found = [AuthorizationCheck("cognito-idp:UpdateUserPool", arn, {**context, **setting})]
    if wanted:
        found.append(AuthorizationCheck("cognito-idp:TagResource", arn, {**context, **setting}))
    dropped = [key for key in existing if key not in wanted]
    if dropped:
        found.append(AuthorizationCheck("cognito-idp:UntagResource", arn, {**context, **tags.removed(dropped)}))
    return found


def _tagging_check(
    operation: str, structure: dict[str, Any], prefix: str, catalog: UserPoolCatalog
) -> AuthorizationCheck:
    arn = required_text(structure, "ResourceArn")
    if not arn.startswith(prefix):
        raise UnmappableRequestError(f"{arn[:256]} is not a user pool of this account and region")
    existing = catalog.tags(_pool_id(arn.removeprefix(prefix)))
    context = tags.attached(existing, "aws")
    if operation == "TagResource":
        wanted = _tags(structure, "Tags")
        tags.check_respelled(wanted, existing)
        context.update(tags.requested(wanted))
    elif operation == "UntagResource":
        keys = structure.get("TagKeys", [])
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise MalformedRequestError("TagKeys is not a list of strings", code=_CODE)
        context.update(tags.removed(keys))
    return AuthorizationCheck(f"cognito-idp:{operation}", arn, context)


def _account_checks(operation: str, structure: dict[str, Any], prefix: str) -> list[AuthorizationCheck]:
    """Operations without resource-level permissions; a new pool's tags are set on a pool whose id nobody knows yet."""
    if operation != "CreateUserPool":
        return [AuthorizationCheck(f"cognito-idp:{operation}", "*")]
    _check_reach(structure)
    context = tags.requested(_tags(structure, "UserPoolTags"))
    found = [AuthorizationCheck("cognito-idp:CreateUserPool", "*", context)]
    if context:
        found.append(AuthorizationCheck("cognito-idp:TagResource", f"{prefix}*", context))
    return found


def _check_reach(structure: dict[str, Any]) -> None:
    """Refuse what makes Cognito use an identity of SES or a key of KMS, each with permissions of its own.

    And a trigger that Cognito would refuse.
    """
    email = _mapping(structure, "EmailConfiguration")
    if email.get("EmailSendingAccount", _DEFAULT_SENDER) != _DEFAULT_SENDER or "SourceArn" in email:
        raise UnmappableRequestError("This gate cannot map the use of an identity of SES")
    if "KMSKeyID" in _mapping(structure, "LambdaConfig"):
        raise UnmappableRequestError("This gate cannot map the use of a customer's KMS key")
    check_triggers(structure)


def _tags(structure: dict[str, Any], member: str) -> dict[str, str]:
    given = _mapping(structure, member)
    if not all(isinstance(value, str) for value in given.values()):
        raise MalformedRequestError(f"{member} has a value that is not a string", code=_CODE)
    return given


def _mapping(structure: dict[str, Any], member: str) -> dict[str, Any]:
    value = structure.get(member, {})
    if not isinstance(value, dict):
        raise MalformedRequestError(f"{member} is not an object", code=_CODE)
    return value


def _pool_id(pool_id: str) -> str:
    if len(pool_id) > _MAX_POOL_ID or not _POOL_ID.fullmatch(pool_id):
        raise MalformedRequestError(f"Invalid user pool id: {pool_id[:64]!r}", code=_CODE)
    return pool_id
