"""IAM requests → everything that IAM must allow for them; `iam_operations` is the table of them.

Refused, unless the caller is an unrestricted administrator, besides what that table leaves out: what names no user and
means the caller, whom a mapper does not know; and renaming a user onto another or one who has tags, of which moto
overwrites the first and leaves the second to whoever comes next. A user's permissions boundary is mapped as AWS does;
that moto would forget it is the business of `bulkhead_localaws.moto.unkept`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import AuthorizationCheck, UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.flat import Fields
from bulkhead_localaws.services.iam.entities import Entities, Entity, resource_tags
from bulkhead_localaws.services.iam.operations import (
    CREATIONS,
    FOR_THE_CALLER,
    LISTS,
    NAMED_BY,
    ON_EVERYTHING,
    ON_RESOURCE,
    WITH_CURRENT_BOUNDARY,
)

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import ContextValue
    from bulkhead_localaws.services.iam.entities import IamCatalog
    from bulkhead_localaws.services.iam.operations import Creation, Operation

_KEY_OWNER = "GetAccessKeyLastUsed"

OPERATIONS = frozenset({*CREATIONS, *ON_EVERYTHING, *ON_RESOURCE, _KEY_OWNER})
"""Every operation that is mapped."""


def checks(call: Call, catalog: IamCatalog) -> tuple[AuthorizationCheck, ...]:
    """Return everything that must be allowed for a call; `catalog` is that of its account.

    Raises:
        UnmappableRequestError: it cannot be known, see above.
        MalformedRequestError: IAM would refuse the call.
    """
    operation = call.operation
    if operation in ON_EVERYTHING:
        Fields(call.parameters, ON_EVERYTHING[operation], LISTS)
        return (AuthorizationCheck(f"iam:{operation}", "*"),)
    entities = Entities(call, catalog)
    if operation in ON_RESOURCE:
        on_resource = ON_RESOURCE[operation]
        fields = Fields(call.parameters, on_resource.members, LISTS)
        return tuple(_resource_checks(operation, on_resource, fields, entities))
    if operation in CREATIONS:
        creation = CREATIONS[operation]
        fields = Fields(call.parameters, creation.members, LISTS)
        return tuple(_creation_checks(operation, creation, fields, entities))
    if operation == _KEY_OWNER:
        fields = Fields(call.parameters, frozenset({"AccessKeyId"}), LISTS)
        owner = entities.owner_of(fields.required("AccessKeyId"))
        return (AuthorizationCheck(f"iam:{operation}", owner.arn, resource_tags("user", owner)),)
    raise UnmappableRequestError(f"This gate cannot map the IAM operation {operation[:64]!r} to IAM actions")


def _resource_checks(
    operation: str, on_resource: Operation, fields: Fields, entities: Entities
) -> list[AuthorizationCheck]:
    kind, members = on_resource
    if operation in FOR_THE_CALLER and fields.text("UserName") is None:
        raise UnmappableRequestError(f"{operation} without a UserName is about the caller: name the user")
    name = fields.required(NAMED_BY[kind])
    entity = entities.named(kind, name)
    context = resource_tags(kind, entity)
    if "Tags" in members:
        requested = fields.tags()
        tags.check_respelled(requested, entity.tags)
        context.update(tags.requested(requested))
    elif "TagKeys" in members:
        context.update(tags.removed(fields.listed("TagKeys")))
    elif "PermissionsBoundary" in members:
        context["iam:PermissionsBoundary"] = entities.policy_arn(fields.required("PermissionsBoundary"))
    if operation in WITH_CURRENT_BOUNDARY and entity.boundary is not None:
        context["iam:PermissionsBoundary"] = entity.boundary
    if "PolicyArn" in members and kind != "policy":
        context["iam:PolicyARN"] = entities.policy_arn(fields.required("PolicyArn"))
    found = [AuthorizationCheck(f"iam:{operation}", entity.arn, context)]
    if operation == "AddRoleToInstanceProfile":
        found.append(_passing(entities.named("role", fields.required("RoleName"))))
    elif operation in {"UpdateUser", "UpdateGroup"}:
        renamed = _renamed_arn(on_resource, fields, entities, name, entity)
        if renamed != entity.arn:
            found.append(AuthorizationCheck(f"iam:{operation}", renamed, context))
    return found


def _passing(role: Entity) -> AuthorizationCheck:
    """A role in an instance profile is passed to EC2, says the Service Authorization Reference."""
    context: dict[str, ContextValue] = {"iam:PassedToService": "ec2.amazonaws.com", **resource_tags("role", role)}
    return AuthorizationCheck("iam:PassRole", role.arn, context)


def _renamed_arn(on_resource: Operation, fields: Fields, entities: Entities, name: str, entity: Entity) -> str:
    """Return the ARN that a user or group will have, on which the caller needs the permission as well.

    Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html and …/API_UpdateGroup.html
    """
    kind = on_resource.kind
    new_name = fields.text("NewUserName" if kind == "user" else "NewGroupName") or name
    path = fields.text("NewPath") or entity.arn.removesuffix(name).partition(f":{kind}")[2]
    renamed = entities.arn(kind, new_name, path)
    if kind == "user" and new_name != name and entities.existing(kind, new_name) is not None:
        raise UnmappableRequestError("moto would overwrite the user who has this name already")
    if kind == "user" and renamed != entity.arn and entity.tags:
        raise UnmappableRequestError("moto would leave the user's tags to the next one who has this name and path")
    return renamed


def _creation_checks(
    operation: str, creation: Creation, fields: Fields, entities: Entities
) -> list[AuthorizationCheck]:
    path = fields.text("Path") or "/"
    arn = entities.arn(creation.kind, fields.required(creation.named_by), path)
    tag_context = tags.requested(fields.tags()) if "Tags" in creation.members else {}
    context = dict(tag_context)
    if "PermissionsBoundary" in creation.members and (boundary := fields.text("PermissionsBoundary")) is not None:
        context["iam:PermissionsBoundary"] = entities.policy_arn(boundary)
    found = [AuthorizationCheck(f"iam:{operation}", arn, context)]
    if tag_context:
        found.append(AuthorizationCheck(f"iam:{creation.tagging}", arn, tag_context))
    return found
