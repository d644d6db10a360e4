"""Cases: a request and its policies as one JSON object, for measuring and for tests.

    {"id": "…", "request": {"principal": ARN, "action": "…", "resource": ARN, "resource_account": "…" or null,
                            "context": {key: "value" or ["value", …]}},
     "policies": {"identity": [document, …], "resource": document or null,
                  "session": [document, …] or null, "boundary": [document, …] or null}}

A principal may also be the name of a service, such as "lambda.amazonaws.com".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bulkhead_iam.decisions import Decision, PolicySet, Request
from bulkhead_iam.documents import as_list, load_json, mapping, text
from bulkhead_iam.evaluation import evaluate
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.kinds import PolicyKind
from bulkhead_iam.policy import Policy
from bulkhead_iam.principals import Principal

if TYPE_CHECKING:
    from bulkhead_iam.variables import ContextValue


def decide(case: Mapping[str, Any]) -> Decision:
    """Evaluate one case.

    Mistyped condition values are kept, as AWS keeps them (see `Policy.parse`). Raises ValueError, of which
    PolicyError is a kind, for a case that cannot be read or a document that is refused.
    """
    try:
        source, policies = case["request"], case["policies"]
        request = Request(
            _principal(source["principal"]),
            text(source["action"], "request.action"),
            text(source["resource"], "request.resource"),
            _context(source.get("context")),
        )
        attached = PolicySet(
            identity=_policies(policies.get("identity") or [], PolicyKind.IDENTITY),
            resource=_resource_policy(policies.get("resource"), source["action"]),
            session=_optional(policies.get("session"), PolicyKind.SESSION),
            boundary=_optional(policies.get("boundary"), PolicyKind.BOUNDARY),
            resource_account=source.get("resource_account"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the case is incomplete or malformed: {error!r}") from error
    return evaluate(request, attached)


def verdict(line: str) -> dict[str, str | None]:
    """Evaluate one line of a JSON Lines file to `{"id", "decision", "detail"}`, or `{"id", "error"}`."""
    identifier: str | None = None
    try:
        case = mapping(load_json(line), "Case")
        identifier = str(case["id"]) if "id" in case else None
        decision = decide(case)
    except ValueError as error:
        return {"id": identifier or _identifier(line), "error": str(error)}
    return {
        "id": identifier,
        "decision": "allow" if decision.allowed else "deny",
        "detail": str(decision.effect),
    }


def _identifier(line: str) -> str | None:
    """Return the id of a case that is refused, so that its error can be told apart."""
    try:
        return str(json.loads(line)["id"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _principal(name: str) -> Principal:
    return Principal.from_arn(name) if name.startswith("arn:") else Principal.from_service(name)


def _context(source: Mapping[str, Any] | None) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {}
    for key, value in (source or {}).items():
        if not all(isinstance(item, str) for item in as_list(value)):
            raise TypeError(f"the context key {key} is neither a string nor a list of strings")
        context[key] = value if isinstance(value, str) else tuple(value)
    return context


def _policies(documents: list[Any], kind: PolicyKind) -> tuple[Policy, ...]:
    return tuple(_parse(document, kind) for document in documents)


def _optional(documents: list[Any] | None, kind: PolicyKind) -> tuple[Policy, ...] | None:
    """Parse session or boundary policies; an empty list says, like null, that there are none."""
    return _policies(documents, kind) if documents else None


def _resource_policy(document: Any, action: str) -> Policy | None:
    """Parse the resource's policy: for the actions of STS a role's trust policy, which has no Resource.

    One that has a Resource nonetheless can be no trust policy, and is taken for an ordinary resource-based policy;
    `evaluate` demands that it allows all the same.
    """
    if document is None:
        return None
    trust = ascii_lower(action).startswith("sts:") and not _names_resources(document)
    return _parse(document, PolicyKind.TRUST if trust else PolicyKind.RESOURCE)


def _names_resources(document: Any) -> bool:
    statements = as_list(document.get("Statement", [])) if isinstance(document, Mapping) else []
    return any("Resource" in statement or "NotResource" in statement for statement in statements)


def _parse(document: Any, kind: PolicyKind) -> Policy:
    return Policy.parse(document, kind=kind, accept_mistyped_values=True)
