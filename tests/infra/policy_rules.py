"""The rules that every policy document of a plan keeps, and the few exceptions with their reasons."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import PRODUCT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Where policy documents stand: by type of resource, the attribute, and the kind of policy.
_DOCUMENTS = {
    "aws_iam_role": ("assume_role_policy", "trust"),
    "aws_iam_role_policy": ("policy", "identity"),
    "aws_iam_policy": ("policy", "identity"),
    "aws_s3_bucket_policy": ("policy", "resource"),
    "aws_sns_topic_policy": ("policy", "resource"),
    "aws_sqs_queue_policy": ("policy", "resource"),
    "aws_vpc_endpoint": ("policy", "resource"),
    "aws_secretsmanager_secret_policy": ("policy", "resource"),
    "aws_dynamodb_resource_policy": ("policy", "resource"),
}

#: Statements that allow something on every resource, or every action: by Sid, why.
WILDCARDS = {
    "DrawRandomPasswords": "secretsmanager:GetRandomPassword knows no resource, and reads and changes nothing",
    "RotationDrawsRandomPasswords": "the same, at the endpoint of Secrets Manager, for one role",
    "LambdaAttachesToTheVpc": "network interfaces whose ids nobody knows before; denied to the function's own code",
    "SendTraces": "X-Ray's actions know no resource",
}
#: Statements that take a call of which no condition says who makes it: by Sid, why.
UNSIGNED = {
    "TokensOpenTenantSessionsOnly": "nobody signs AssumeRoleWithWebIdentity: the role's trust policy judges the token",
}
#: Roles whose statements name what tenants have, by the end of their names; everything else must not.
TABLE_READERS = ("-TenantRole", "-TenantPolicyRole", "-TenantMaintenanceRole")
SESSION_OPENERS = ("-OffboardTenantRole",)
EXPORT_READERS = ("-OffboardTenantRole",)
SECRET_READERS = (*TABLE_READERS, "-MigrateDatabaseRole", "-RotateSecretRole", "-OnboardTenantRole")
_EXPORT = f"arn:aws:s3:::{PRODUCT}-prod-exports-123456789012/acme/manifest.json"
_EXPORT_ACTIONS = ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion")
_NAMING = ("stringequals", "stringlike", "arnequals", "arnlike")
_PRINCIPAL_KEYS = {"aws:principalarn", "aws:sourcearn", "aws:sourceaccount", "aws:principalorgid"}
_DATA_ACTIONS = tuple(
    f"dynamodb:{name}"
    for name in (
        *("GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"),
        *("ConditionCheckItem", "PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete", "GetRecords"),
        *("ExportTableToPointInTime", "RestoreTableToPointInTime", "StartAwsBackupJob"),
    )
)


@dataclass(frozen=True, slots=True)
class Document:
    """A policy document, and where it stands: the address in the plan, and the role that it belongs to, if any."""

    address: str
    kind: str
    role: str
    statements: tuple[Mapping[str, Any], ...]


def documents(plan: Mapping[str, Any]) -> tuple[list[Document], list[str]]:
    """Return every policy document of a plan in JSON, and the addresses of those that nobody knows before the apply."""
    found, unknown = [], []
    for change in plan["resource_changes"]:
        if change["type"] not in _DOCUMENTS:
            continue
        attribute, kind = _DOCUMENTS[change["type"]]
        after = change["change"]["after"] or {}
        if (change["change"].get("after_unknown") or {}).get(attribute):
            unknown.append(change["address"])
        elif after.get(attribute):
            role = str(after.get("role") or after.get("name") or "")
            found.append(Document(change["address"], kind, role, _statements(after[attribute])))
    return found, unknown


def _statements(text: str) -> tuple[Mapping[str, Any], ...]:
    statements = json.loads(text)["Statement"]
    return tuple(statements if isinstance(statements, list) else [statements])


def complaints(document: Document, *, table_arn: str, secret_arns: tuple[str, ...]) -> Iterator[str]:
    """Yield what is wrong with a document: a sentence for each rule that it or a statement breaks."""
    of_a_session = document.kind == "identity" and _is(document, TABLE_READERS)
    if of_a_session and not any(map(_denies_other_endpoints, document.statements)):
        yield f"{document.address}: a session reaches data from outside the stage's network"
    for statement in document.statements:
        where = f"{document.address} {statement.get('Sid', 'without Sid')}"
        if "Sid" not in statement:
            yield f"{where}: a statement has no Sid, so that no decision could name it"
        if statement["Effect"] == "Allow":
            for problem in _of_allow(statement, document, table_arn, secret_arns):
                yield f"{where}: {problem}"


def _of_allow(
    statement: Mapping[str, Any], document: Document, table_arn: str, secret_arns: tuple[str, ...]
) -> Iterator[str]:
    if {"NotAction", "NotResource", "NotPrincipal"} & set(statement):
        yield "what is allowed is named, not what is left out"
        return
    actions, resources = _list(statement["Action"]), _list(statement.get("Resource", []))
    wide = [each for each in actions if "*" in each] + [each for each in resources if each == "*"]
    if wide and statement.get("Sid") not in WILDCARDS:
        yield f"{wide} without a reason"
    if _any(["iam:PassRole"], actions):
        yield "nothing passes a role"
    yield from _of_conditions(statement.get("Condition", {}))
    if document.kind == "identity":
        if _any(["sts:AssumeRole"], actions) and not _is(document, SESSION_OPENERS):
            yield "only offboarding opens sessions without a user's token"
        if _any(_DATA_ACTIONS, actions) and _reach(resources, table_arn) and not _is(document, TABLE_READERS):
            yield "only the tenant roles touch tenants' items"
        if _any(["secretsmanager:GetSecretValue"], actions) and not _is(document, SECRET_READERS):
            yield from ("a secret of the database" for arn in secret_arns if _any([arn], resources))
        if _any(_EXPORT_ACTIONS, actions) and _any([_EXPORT], resources) and not _is(document, EXPORT_READERS):
            yield "only offboarding touches exports"
    else:
        yield from _of_principal(statement)


def _of_conditions(condition: Mapping[str, Any]) -> Iterator[str]:
    present = {key.lower() for key, value in condition.get("Null", {}).items() if _list(value) == ["false"]}
    demanded = {key.lower() for operator, keys in condition.items() if operator.lower() in _NAMING for key in keys}
    if any(key.startswith("aws:requesttag/") for key in demanded):
        present.add("aws:tagkeys")  # where a tag is demanded, the keys of tags are there
    for operator, keys in condition.items():
        if operator.lower().startswith("forallvalues:"):
            yield from (
                f"{operator} {key} holds when the key is absent: Null must say that it is there"
                for key in keys
                if key.lower() not in present
            )


def _of_principal(statement: Mapping[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", "*")
    if "Federated" in principal:
        yield from _of_token(statement)
    named = [each for value in principal.values() for each in _list(value)] if isinstance(principal, dict) else ["*"]
    says_who = any(
        key.lower() in _PRINCIPAL_KEYS and "*" not in _list(value)
        for operator, keys in statement.get("Condition", {}).items()
        if operator.lower() in _NAMING
        for key, value in keys.items()
    )
    if "*" in named and not says_who and statement.get("Sid") not in UNSIGNED:
        yield "nobody is named as principal, and no condition says who"
    if any(re.search(r":root$|^\d{12}$", each) for each in named):
        yield "a whole account is trusted"


def _of_token(statement: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a statement for tokens lacks: plain StringEquals, which refuses where the key is absent.

    From where a token comes, the statements that open and tag a session demand; that of the user opens none.
    """
    demanded = statement.get("Condition", {}).get("StringEquals", {})
    if not any(key.endswith(":aud") for key in demanded):
        yield "a token of any client is taken"
    if _list(statement["Action"]) == ["sts:SetSourceIdentity"]:
        if not re.fullmatch(r"\$\{[^${}]+:sub\}", str(demanded.get("sts:SourceIdentity"))):
            yield "a token names another user than its own"
    elif "aws:SourceVpce" not in demanded:
        yield "a token is taken from anywhere"


def _denies_other_endpoints(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement denies data by any way that it does not name, and by none at all."""
    return (
        statement["Effect"] == "Deny"
        and {"dynamodb:*", "secretsmanager:*"} <= set(_list(statement["Action"]))
        and _list(statement.get("Resource", [])) == ["*"]
        and [*statement.get("Condition", {})] == ["StringNotEquals"]
        and [*statement["Condition"]["StringNotEquals"]] == ["aws:SourceVpce"]
    )


def _is(document: Document, endings: tuple[str, ...]) -> bool:
    return document.role.endswith(endings)


def _reach(resources: list[str], table_arn: str) -> bool:
    """Return whether a resource is, or matches, the table, an index or a stream of it."""
    parts = [table_arn, *(each for each in resources if each.startswith(f"{table_arn}/"))]
    return _any(parts, resources)


def _any(wanted: list[str] | tuple[str, ...], patterns: list[str]) -> bool:
    """Return whether a pattern of a policy matches any of these, a secret's unknown letters included."""
    compiled = [re.compile(re.escape(p).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE) for p in patterns]
    return any(pattern.fullmatch(each) for pattern in compiled for each in wanted)


def _list(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [str(value)]
