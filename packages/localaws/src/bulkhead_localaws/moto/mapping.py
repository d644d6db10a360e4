"""Which mapper knows a service's calls."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.core.utils import unix_time_millis

from bulkhead_localaws.moto.catalogs import (
    MotoBucketCatalog,
    MotoIamCatalog,
    MotoSecretCatalog,
    MotoUserPoolCatalog,
)
from bulkhead_localaws.moto.sign_in import refuse_unverified
from bulkhead_localaws.moto.tables import MotoTableCatalog
from bulkhead_localaws.moto.unkept import refuse_unkept
from bulkhead_localaws.protocol.checks import UnmappableRequestError
from bulkhead_localaws.services import tags
from bulkhead_localaws.services.cognito_idp import mapping as cognito_idp
from bulkhead_localaws.services.dynamodb import as_moto_reads, dynamodb_checks
from bulkhead_localaws.services.iam import mapping as iam
from bulkhead_localaws.services.s3 import mapping as s3
from bulkhead_localaws.services.secretsmanager import mapping as secretsmanager

if TYPE_CHECKING:
    from bulkhead_localaws.protocol.calls import Call
    from bulkhead_localaws.protocol.checks import AuthorizationCheck
    from bulkhead_localaws.protocol.requests import HttpRequest

_DYNAMODB = frozenset({"dynamodb", "dynamodbstreams"})
_TABLE = re.compile(r"(?P<arn>arn:[^:]+:dynamodb:[^:]+:[^:]+:table/(?P<name>[^/]+))(?:/index/[^/]+)?")


class MotoMapper:
    """Maps the calls of the services that moto emulates and this gate understands; see gate.gate.Mapper."""

    def __init__(self) -> None:
        self._tables: dict[tuple[str, str], MotoTableCatalog] = {}

    def checks(self, call: Call) -> tuple[AuthorizationCheck, ...]:
        """See bulkhead_localaws.gate.gate.Mapper."""
        refuse_unkept(call)
        if call.service in _DYNAMODB:
            backend = _dynamodb(call)
            where = call.account, call.region
            catalog = self._tables.get(where)
            if catalog is None:
                catalog = self._tables[where] = MotoTableCatalog(account=call.account, region=call.region)
            checks = dynamodb_checks(
                call.operation, call.parameters, catalog=catalog, region=call.region, account=call.account
            )
            return tuple(_with_table(check, backend) for check in checks)
        if call.service == "iam":
            return iam.checks(call, MotoIamCatalog(call.account, call.region))
        if call.service == "secretsmanager":
            return secretsmanager.checks(call, MotoSecretCatalog(call.account, call.region))
        if call.service == "cognito-idp":
            return cognito_idp.checks(call, MotoUserPoolCatalog(call.account, call.region))
        if call.service == "s3":
            return s3.checks(call, MotoBucketCatalog(call.account, call.region))
        raise UnmappableRequestError(f"This gate cannot map {call.service}:{call.operation[:64]} to IAM actions")

    def check_public(self, request: HttpRequest) -> None:
        """See bulkhead_localaws.gate.gate.Mapper; keys that a user pool publishes are for everybody."""
        if request.method == "POST":
            refuse_unverified(request.headers["x-amz-target"].rpartition(".")[2], request.body)

    def as_emulator_reads(self, call: Call) -> Call:
        """See bulkhead_localaws.gate.gate.Mapper."""
        if call.service not in _DYNAMODB:
            return call
        respelled = as_moto_reads(call.operation, call.parameters)
        return call if respelled is call.parameters else replace(call, parameters=respelled)


def _dynamodb(call: Call) -> Any:
    try:
        return get_backend("dynamodb")[call.account][call.region]
    except KeyError:
        raise UnmappableRequestError(f"{call.region[:64]!r} is not the name of a region") from None


def _with_table(check: AuthorizationCheck, backend: Any) -> AuthorizationCheck:
    """Add what is attached to the table, and so to its indexes: its policy and its tags.

    Sources: AWS, "Using resource-based policies for DynamoDB" and "Using attribute-based access control with DynamoDB"
    (both in the DynamoDB Developer Guide).

    Raises:
        UnmappableRequestError: the table has tags whose keys differ in case only.
    """
    named = _TABLE.fullmatch(check.resource)
    table = backend.tables.get(named["name"]) if named else None
    if named is None or table is None:
        return check
    if table.tags:
        attached = tags.attached({tag["Key"]: tag["Value"] for tag in table.tags}, "aws")
        check = replace(check, context={**check.context, **attached})
    policy = backend.resource_policies.get(named["arn"])
    # moto keeps the policy of a deleted table, and would give it to the next one of that name.
    if policy is None or int(policy.revision_id) < int(unix_time_millis(table.created_at)):
        return check
    return replace(check, resource_policy=policy.policy_doc)
