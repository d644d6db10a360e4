"""Resources that carry no policy which the proof reads: whether they are known to give nobody anything."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.resource_types import HARMLESS_FAMILIES, HARMLESS_PROVIDERS, UNDERSTOOD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bulkhead_planproof.resource import Resource

#: What attributes are called that hold a policy.
_POLICIES = ("policy", "policy_document", "access_policy")
#: What hands the contents of a bucket on.
_COPYING = ("replication_configuration", "target_grant")
_ROLE = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/.+")
_FAMILIES = tuple(each for each in HARMLESS_FAMILIES if each.endswith("_"))


def require_harmless(resource: Resource) -> None:
    """Refuse a resource that may give somebody something.

    Raises:
        ProofError: its kind is not known, or an attribute hands something out.
    """
    if resource.type in {"aws_s3_bucket", "aws_s3_object"}:
        _require_private(resource)
    if resource.type.startswith("aws_s3_bucket") and any(map(resource.after.get, _COPYING)):
        raise ProofError(f"{resource.address}: whom it hands copies to is not understood")
    for arn in _roles_in(resource.after):
        if arn not in resource.around.role_arns():
            raise ProofError(f"{resource.address}: what {arn} may do, which it hands out, is not in the plan")
    if resource.type in UNDERSTOOD:
        return
    if resource.type not in HARMLESS_FAMILIES and not resource.type.startswith((*_FAMILIES, *HARMLESS_PROVIDERS)):
        raise ProofError(f"{resource.address}: what {resource.type} gives to whom is not understood")
    if _holds_a_policy(resource.after) or any(each in resource.unknown and resource.is_set(each) for each in _POLICIES):
        raise ProofError(f"{resource.address}: the policy of {resource.type} is not understood")


def _holds_a_policy(value: object) -> bool:
    """Tell whether some text in an attribute is a policy document."""
    if isinstance(value, dict):
        return any(map(_holds_a_policy, value.values()))
    if isinstance(value, list):
        return any(map(_holds_a_policy, value))
    if not isinstance(value, str) or "{" not in value:
        return False
    try:
        document = json.loads(value)
    except ValueError:
        return False
    return isinstance(document, dict) and "Statement" in document


def _roles_in(value: object) -> Iterator[str]:
    """Yield the roles that an attribute names by ARN; those of services are theirs."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _roles_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _roles_in(each)
    elif isinstance(value, str) and _ROLE.fullmatch(value) and ":role/aws-service-role/" not in value:
        yield value


def _require_private(resource: Resource) -> None:
    """Refuse access control lists: they count unless the bucket's owner owns, and alone gives, all that is in it."""
    if resource.bucket() in resource.around.enforced_buckets():
        return
    remedy = "turn access control lists off by an aws_s3_bucket_ownership_controls with BucketOwnerEnforced"
    if resource.optional("acl") not in {None, "", "private"} or _grants(resource):
        raise ProofError(f"{resource.address}: what its access control list gives to whom is not understood: {remedy}")


def _grants(resource: Resource) -> bool:
    return resource.type == "aws_s3_bucket" and bool(resource.blocks("grant"))
