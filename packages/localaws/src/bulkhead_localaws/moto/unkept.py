"""Policies, boundaries and triggers that moto (5.2) would not keep.

A mapping says what AWS would ask for, and a caller who may do everything may also do what is not mapped. Neither helps
where moto takes a permissions boundary or a policy with a Deny and drops it: whoever it was meant for would be
unbounded here, and the caller was told otherwise. So is the trigger of a user pool that would never run: it may be the
one that refuses a sign-in.

Kept, and so not listed: the boundaries of roles; the policies of tables, secrets, keys (CreateKey, PutKeyPolicy),
queues, buckets and access points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bulkhead_localaws.protocol.checks import UnkeptRequestError
from bulkhead_localaws.services.cognito_idp.triggers import PRE_TOKEN

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call

_FORGOTTEN = {
    ("dynamodb", "CreateTable"): "ResourcePolicy",
    ("iam", "CreateUser"): "PermissionsBoundary",
    ("iam", "PutUserPermissionsBoundary"): "PermissionsBoundary",  # moto has no such operation
    ("kms", "ReplicateKey"): "Policy",
}
"""By service and operation: the parameter that is forgotten."""
_SETS_TRIGGERS = frozenset({("cognito-idp", "CreateUserPool"), ("cognito-idp", "UpdateUserPool")})


def refuse_unkept(call: Call) -> None:
    """Refuse a call that sets what the emulator would forget.

    Raises:
        UnkeptRequestError: it does.
    """
    member = _FORGOTTEN.get((call.service, call.operation))
    if member is not None and call.parameters.get(member) is not None:
        raise UnkeptRequestError(f"{call.service}:{call.operation}", member)
    triggers = call.parameters.get("LambdaConfig")
    if (call.service, call.operation) in _SETS_TRIGGERS and isinstance(triggers, dict):
        for kind, function in triggers.items():
            if kind not in PRE_TOKEN | {"KMSKeyID"} and function is not None:
                raise UnkeptRequestError(f"cognito-idp:{call.operation}", f"LambdaConfig.{kind[:64]}", does_not="run")
