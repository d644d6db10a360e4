"""Edits of the policies that are applied to roles: what they grant, and whom they trust."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from isolation.canaries.applied import Applied, Edit
    from isolation.canaries.model import Weaken
    from stage.document import LocalStage

LEADING, LEADING_KEYS = "ForAllValues:StringLike", "dynamodb:LeadingKeys"
OWN = "${aws:PrincipalTag/tenant}"
#: How the condition key of a token's client ends, whoever has issued it.
AUDIENCE = ":aud"
OPENS = ["sts:AssumeRole", "sts:TagSession"]


def policy(role: str, *edits: Edit) -> Weaken:
    """Return what edits a role's inline policy for as long."""
    return lambda applied: applied.policy(role, lambda document: [edit(document) for edit in edits])


def trust(role: str, *edits: Edit) -> Weaken:
    """Return what edits a role's trust policy for as long."""
    return lambda applied: applied.trust(role, lambda document: [edit(document) for edit in edits])


def allows(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the Allow statements."""
    return (each for each in document["Statement"] if each["Effect"] == "Allow")


def without(operator: str, key: str, document: dict[str, Any]) -> None:
    """Take a condition out of every Allow statement; the key `:aud` is that of whatever issuer."""
    for statement in allows(document):
        conditions = statement.get("Condition", {})
        keys = conditions.get(operator, {})
        for each in [name for name in keys if name == key or (key == AUDIENCE and name.endswith(key))]:
            del keys[each]
        left = {name: keys for name, keys in conditions.items() if keys}
        statement["Condition"] = left
        if not left:
            del statement["Condition"]


def unguarded_call_without_keys(document: dict[str, Any]) -> None:
    """Take the guard out, and allow a call that names no key: those that the role may make all name one."""
    without("Null", LEADING_KEYS, document)
    for statement in allows(document):
        if LEADING in statement.get("Condition", {}):
            statement["Action"] = [*statement["Action"], "dynamodb:ExportTableToPointInTime"]


def leading_keys(patterns: list[str], document: dict[str, Any]) -> None:
    """Let sessions reach other leading keys."""
    for statement in allows(document):
        keys = statement.get("Condition", {}).get(LEADING, {})
        if LEADING_KEYS in keys:
            keys[LEADING_KEYS] = patterns


def any_value_of_all(document: dict[str, Any]) -> None:
    """Be content with one own key among the keys."""
    for statement in allows(document):
        conditions = statement.get("Condition", {})
        if LEADING in conditions:
            conditions["ForAnyValue:StringLike"] = conditions.pop(LEADING)


def undeny(sid: str, document: dict[str, Any]) -> None:
    """Take a statement out."""
    document["Statement"] = [each for each in document["Statement"] if each.get("Sid") != sid]


def grant(actions: list[str], resource: str, document: dict[str, Any]) -> None:
    """Allow more."""
    document["Statement"].append({"Effect": "Allow", "Action": actions, "Resource": resource})


def deny_only(sid: str, actions: list[str], document: dict[str, Any]) -> None:
    """Let a statement be about these actions only."""
    for statement in document["Statement"]:
        if statement.get("Sid") == sid:
            statement["Action"] = actions


def like_any_client(document: dict[str, Any]) -> None:
    """Take any client's token, by a pattern where one client was named."""
    for statement in allows(document):
        equals = statement["Condition"]["StringEquals"]
        for key in [key for key in equals if key.endswith(AUDIENCE)]:
            del equals[key]
            statement["Condition"].setdefault("StringLike", {})[key] = "*"


def trusting(role: str, whom: str) -> Weaken:
    """Let another role open a role's sessions, with whatever tags."""

    def weaken(applied: Applied) -> AbstractContextManager[LocalStage]:
        trusted = {"AWS": applied.stage.lambda_role_arn.replace("LambdaRole", whom)}
        statement = {"Effect": "Allow", "Principal": trusted, "Action": OPENS}
        return applied.trust(role, lambda document: document["Statement"].append(statement))

    return weaken


@contextmanager
def opening(applied: Applied) -> Iterator[LocalStage]:
    """Give the API's role back what it has under the other strategies: any tenant's session."""
    granted = applied.policy("LambdaRole", partial(grant, OPENS, applied.stage.tenant_role_arn))
    with granted, trusting("TenantRole", "LambdaRole")(applied) as stage:
        yield stage
