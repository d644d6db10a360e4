"""An applied policy with one control taken out, for as long as a test looks at what then goes wrong."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def weakened(iam: Any, role: str, weaken: Callable[[dict[str, Any]], object]) -> Iterator[None]:
    """Change every Allow statement of the role's only inline policy in place, and put the policy back afterwards."""
    (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    applied = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
    changed = json.loads(json.dumps(applied))
    for statement in changed["Statement"]:
        if statement["Effect"] == "Allow":
            weaken(statement)
    assert changed != applied, "nothing was weakened"
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(changed))
    try:
        yield
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(applied))


def without_role_condition(statement: dict[str, Any]) -> None:
    """Take out the condition on the role tag."""
    _without(statement, "StringEquals")


def without_leading_keys(statement: dict[str, Any]) -> None:
    """Take out the condition on the leading keys, but not the guard that there must be one."""
    _without(statement, "ForAllValues:StringLike")


def _without(statement: dict[str, Any], operator: str) -> None:
    conditions = statement.get("Condition", {})
    if conditions.pop(operator, None) is not None and not conditions:
        del statement["Condition"]
