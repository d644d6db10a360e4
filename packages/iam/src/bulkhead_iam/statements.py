"""One statement of a policy: checked against the grammar and compiled to functions of the request."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bulkhead_iam.arns import ResourcePattern
from bulkhead_iam.conditions import Condition, ConditionRules, compile_conditions
from bulkhead_iam.documents import Json, members, text, text_list
from bulkhead_iam.errors import PolicyError
from bulkhead_iam.folding import ascii_lower
from bulkhead_iam.keys import DoubtfulKeyError, spelled
from bulkhead_iam.kinds import PolicyKind
from bulkhead_iam.principals import Grant, Principal, PrincipalElement
from bulkhead_iam.variables import Context, Template, parse_template
from bulkhead_iam.wildcards import compile_tokens, tokenize

_ELEMENTS = frozenset(
    ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition")
)
_SID = re.compile(r"[A-Za-z0-9]*", re.ASCII)
_ACTION = re.compile(r"(?:\*|[A-Za-z0-9-]+):[^:]*", re.ASCII)

ActionMatcher = Callable[[str], bool]
ResourceMatcher = Callable[[str, Context], bool]


@dataclass(slots=True)  # not frozen: that would double the time to make one, and one is made for each request
class Facts:
    """What statements are held against: `action` and the keys of `context` are in lower case."""

    caller: Principal
    action: str
    resource: str
    context: Context
    bounded: bool  # the caller has a permissions boundary


class StatementRules(NamedTuple):
    """What the compilation of a statement needs to know of its policy."""

    kind: PolicyKind
    variables: bool
    accept_mistyped: bool


class Statement:
    """A compiled statement; `name` is its Sid, or its place in the policy."""

    __slots__ = ("_actions", "_principals", "_resources", "allows", "conditions", "name")

    def __init__(self, source: Json, index: int, rules: StatementRules) -> None:
        """Check and compile; raises PolicyError naming the element."""
        element = f"Statement[{index}]"
        members(source, _ELEMENTS, element)
        self.name = _sid(source, element, rules.kind) or element
        self.allows = _effect(source, element)
        self._principals = _principals(source, element, rules.kind, denies=not self.allows)
        self._actions = _actions(source, element, rules.kind, denies=not self.allows)
        self._resources = _resources(source, element, rules, denies=not self.allows)
        self.conditions: tuple[Condition, ...] = ()
        if "Condition" in source:
            condition_rules = ConditionRules(not self.allows, rules.variables, rules.accept_mistyped)
            self.conditions = compile_conditions(source["Condition"], f"{element}.Condition", condition_rules)

    def covers(self, facts: Facts) -> bool:
        """Tell whether principal, action and resource match."""
        if not self._actions(facts.action):
            return False
        try:
            if not self._resources(facts.resource, facts.context):
                return False
        except DoubtfulKeyError:  # of a variable in the ARN
            if self.allows:
                return False
        if self._principals is None:
            return True
        if self.allows:
            return self._principals.grant(facts.caller) is not Grant.NONE
        return self._principals.denies(facts.caller, bounded=facts.bounded)

    def applies(self, facts: Facts) -> bool:
        """Tell whether the statement takes effect: it covers the request, and every condition holds."""
        if not self.covers(facts):
            return False
        context = facts.context
        try:
            for condition in self.conditions:  # a generator for all() costs as much as the checks
                if not condition.holds(context):
                    return False
        except DoubtfulKeyError:
            return all(condition.met(context, doubt=not self.allows) for condition in self.conditions)
        return True

    def grant(self, caller: Principal) -> Grant:
        """Return how an Allow statement of a resource-based policy names the caller."""
        return Grant.NONE if self._principals is None else self._principals.grant(caller)


def _sid(source: Json, element: str, kind: PolicyKind) -> str:
    sid = text(source.get("Sid", ""), f"{element}.Sid")
    if kind is not PolicyKind.RESOURCE and not _SID.fullmatch(sid):
        raise PolicyError(f"{element}.Sid", sid, "holds more than letters and digits")
    return sid


def _effect(source: Json, element: str) -> bool:
    effect = source.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{element}.Effect", effect, 'is neither "Allow" nor "Deny"')
    return bool(effect == "Allow")


def _one_of(source: Json, element: str, name: str) -> str | None:
    """Return which of `name` and `Not<name>` the statement has; raises PolicyError if it has both."""
    present = [each for each in (name, f"Not{name}") if each in source]
    if len(present) > 1:
        raise PolicyError(element, present, f"has both {name} and Not{name}")
    return present[0] if present else None


def _principals(source: Json, element: str, kind: PolicyKind, *, denies: bool) -> PrincipalElement | None:
    name = _one_of(source, element, "Principal")
    if not kind.is_resource_based:
        if name is not None:
            raise PolicyError(f"{element}.{name}", source[name], f"cannot stand in {kind.phrase}")
        return None
    if name is None:
        raise PolicyError(element, sorted(source), f"lacks Principal, which {kind.phrase} needs")
    inverted = name == "NotPrincipal"
    if inverted and (kind is PolicyKind.TRUST or not denies):
        where = "a role trust policy" if kind is PolicyKind.TRUST else 'a statement with "Effect": "Allow"'
        raise PolicyError(f"{element}.{name}", source[name], f"cannot stand in {where}")
    return PrincipalElement(source[name], f"{element}.{name}", denies=denies, inverted=inverted)


def _actions(source: Json, element: str, kind: PolicyKind, *, denies: bool) -> ActionMatcher:
    """Compile `Action` or `NotAction`; prefix and name are not case-sensitive.

    A name that no service has is AWS's to accept ("Invalid actions do not affect the permissions granted"), but for one
    beyond ASCII: "the name must match an action that is supported by the service", and a Deny of what looks like one
    would deny nothing (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html).
    An empty list "provides no permissions", not even behind NotAction.
    """
    name = _one_of(source, element, "Action")
    if name is None:
        raise PolicyError(element, sorted(source), "has neither Action nor NotAction")
    path = f"{element}.{name}"
    patterns = text_list(source[name], path)
    for pattern in patterns:
        _check_action(pattern, path, kind)
    lowered = [ascii_lower(pattern) for pattern in patterns]
    exact = frozenset(pattern for pattern in lowered if "*" not in pattern and "?" not in pattern)
    wild = [compile_tokens(tokenize(pattern)) for pattern in lowered if pattern not in exact]
    if name == "Action":
        if not wild:
            return exact.__contains__
        return lambda action: action in exact or any(matches(action) for matches in wild)
    if not patterns:
        return lambda _action: denies
    return lambda action: action not in exact and not any(matches(action) for matches in wild)


def _check_action(pattern: str, path: str, kind: PolicyKind) -> None:
    if not pattern.isascii():
        raise PolicyError(path, pattern, "holds a character beyond ASCII, which the name of no action does")
    if pattern != "*" and (not _ACTION.fullmatch(pattern) or "${" in pattern):
        raise PolicyError(path, pattern, 'is not an action of the form service:name, nor "*"')
    if kind is PolicyKind.TRUST and not ascii_lower(pattern).startswith("sts:"):
        raise PolicyError(path, pattern, "cannot stand in a role trust policy, which is about sts actions only")


def _resources(source: Json, element: str, rules: StatementRules, *, denies: bool) -> ResourceMatcher:
    """Compile `Resource` or `NotResource`.

    A trust policy has neither. Another resource-based policy may go without: AWS's own example of an SNS topic
    policy does, and then the statement is about the resource that the policy is attached to.
    """
    name = _one_of(source, element, "Resource")
    if rules.kind is PolicyKind.TRUST and name is not None:
        raise PolicyError(f"{element}.{name}", source[name], "cannot stand in a role trust policy")
    if name is None:
        if not rules.kind.is_resource_based:
            raise PolicyError(element, sorted(source), "has neither Resource nor NotResource")
        return lambda _resource, _context: True
    path = f"{element}.{name}"
    values = text_list(source[name], path)
    patterns = [_resource(value, path, rules) for value in values]
    matches = _any_resource(patterns) if name == "Resource" else _no_resource(patterns, doubt=denies)
    if all(map(str.isascii, values)):
        return matches
    return lambda resource, context: matches(resource, spelled(context))  # a value may hold a variable


def _resource(value: str, path: str, rules: StatementRules) -> ResourcePattern:
    template = parse_template(value, element=path, variables=rules.variables, wildcards=True)
    return ResourcePattern(
        template,
        element=path,
        completes=rules.kind in {PolicyKind.IDENTITY, PolicyKind.BOUNDARY},
        expands=rules.kind is PolicyKind.RESOURCE,
    )


def _any_resource(patterns: Sequence[ResourcePattern]) -> ResourceMatcher:
    """Match any pattern; one that holds a variable without a value "will not match any resource"."""
    exact = frozenset(arn for pattern in patterns if (arn := pattern.fixed_text) is not None)
    others = [pattern.template for pattern in patterns if pattern.fixed_text is None]
    fixed = [matches for template in others if (matches := template.fixed) is not None]
    variable = [template for template in others if template.fixed is None]
    if not others:
        return lambda resource, _context: resource in exact
    if not variable:
        return lambda resource, _context: resource in exact or any(matches(resource) for matches in fixed)
    return lambda resource, context: (
        resource in exact
        or any(matches(resource) for matches in fixed)
        or any(_bound(template, resource, context) for template in variable)
    )


def _bound(template: Template, resource: str, context: Context) -> bool:
    matches = template.bind(context)
    return matches is not None and matches(resource)


def _no_resource(patterns: Sequence[ResourcePattern], *, doubt: bool) -> ResourceMatcher:
    """Match none of the patterns.

    Of a variable without a value AWS says only that it matches no resource, which behind NotResource would
    make an Allow unlimited; and an empty list "does not affect the policy": doubt, in both cases.
    """
    templates = [pattern.template for pattern in patterns]

    def matches(resource: str, context: Context) -> bool:
        matchers = [template.bind(context) for template in templates]
        if any(matcher is not None and matcher(resource) for matcher in matchers):
            return False
        return doubt or (None not in matchers and bool(matchers))

    return matches
