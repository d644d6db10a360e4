"""AssumeRole, from the form on the wire to the session it opens.

Source: AWS, "AssumeRole" (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html) and "Pass session
tags in AWS STS" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html).

"Tag keys are case insensitive", and nothing says which letters beyond ASCII are the same: keys that may be one are
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicyError, PolicyKind
from bulkhead_iam.folding import ascii_lower, broad_fold
from bulkhead_localaws.gate.sessions import RoleSession
from bulkhead_localaws.protocol.checks import AuthorizationCheck, MalformedRequestError, UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bulkhead_localaws.gate.callers import Caller, Role
    from bulkhead_localaws.protocol.checks import ContextValue

CHAINED_SECONDS = 3600
_MIN_SECONDS, _DEFAULT_SECONDS = 900, 3600
_MAX_TAGS, _MAX_POLICY_ARNS, _MAX_POLICY_CHARACTERS = 50, 10, 2048
_TAG_CHARACTERS = r"[^\W_]|[\s_.:/=+\-@]"  # \p{L}\p{Z}\p{N}_.:/=+\-@; the separators are checked apart
_TAG_KEY = re.compile(rf"(?:{_TAG_CHARACTERS}){{1,128}}")
_TAG_VALUE = re.compile(rf"(?:{_TAG_CHARACTERS}){{0,256}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}", re.ASCII)
_MEMBER = re.compile(r"(Tags|TransitiveTagKeys|PolicyArns)\.member\.([1-9][0-9]{0,3})(?:\.(Key|Value|arn))?")
_PARTS: dict[str, set[str | None]] = {"Tags": {"Key", "Value"}, "TransitiveTagKeys": {None}, "PolicyArns": {"arn"}}
_PLAIN = frozenset({"RoleArn", "RoleSessionName", "DurationSeconds", "Policy", "ExternalId"})


@dataclass(frozen=True, slots=True)
class AssumeRoleRequest:
    """A well-formed AssumeRole call."""

    role_arn: str
    session_name: str
    seconds: int
    tags: Mapping[str, str]
    transitive: tuple[str, ...]
    policies: tuple[Policy, ...] | None
    external_id: str | None

    @classmethod
    def read(cls, parameters: Mapping[str, str], managed_policy: Callable[[str], str | None]) -> AssumeRoleRequest:
        """Read the form's fields.

        Raises:
            MalformedRequestError: AWS would refuse them.
            UnmappableRequestError: a parameter that this local AWS does not offer.
        """
        plain, lists = _fields(parameters)
        tags = _read_tags(lists["Tags"])
        transitive = tuple(each[None] for each in lists["TransitiveTagKeys"])
        if not set(map(ascii_lower, transitive)) <= set(map(ascii_lower, tags)):
            raise MalformedRequestError("A transitive tag key names no tag of this call.", code="ValidationError")
        return cls(
            role_arn=_matching("RoleArn", plain, _ROLE_ARN),
            session_name=_matching("RoleSessionName", plain, _SESSION_NAME),
            seconds=_read_seconds(plain.get("DurationSeconds")),
            tags=tags,
            transitive=transitive,
            policies=_read_policies(plain.get("Policy"), lists["PolicyArns"], managed_policy),
            external_id=_matching("ExternalId", plain, _EXTERNAL_ID) if "ExternalId" in plain else None,
        )

    def checks(self, caller: Caller, role: Role) -> tuple[AuthorizationCheck, ...]:
        """Return what the caller's policies and the role's trust policy must both allow.

        `sts:TagSession` as well as soon as the session will have a tag: one that is passed, or one that is inherited
        (the documentation is silent on the latter; this is the narrower reading).
        """
        context: dict[str, ContextValue] = {"sts:RoleSessionName": self.session_name}
        context |= {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}
        for key, value in role.tags.items():
            context |= {f"aws:ResourceTag/{key}": value, f"iam:ResourceTag/{key}": value}
        if self.tags:
            context["aws:TagKeys"] = tuple(self.tags)
        if self.transitive:
            context["sts:TransitiveTagKeys"] = self.transitive
        if self.external_id is not None:
            context["sts:ExternalId"] = self.external_id
        actions = ["sts:AssumeRole"]
        if self.tags or (caller.role_session is not None and caller.role_session.transitive):
            actions.append("sts:TagSession")
        return tuple(AuthorizationCheck(action, role.arn, context) for action in actions)

    def session(self, caller: Caller, role: Role, account: str) -> RoleSession:
        """Return the session that opens; inherited tags cannot be replaced.

        Raises:
            MalformedRequestError: it lasts longer than the role or role chaining allows, or has a tag twice.
        """
        limit = role.max_session_seconds
        if caller.role_session is not None:
            limit = min(limit, CHAINED_SECONDS)
        if self.seconds > limit:
            raise MalformedRequestError(
                f"The requested DurationSeconds exceeds the {limit} seconds that this role, or role chaining, allows.",
                code="ValidationError",
            )
        inherited = _inherited_tags(caller)
        twice = set(map(broad_fold, inherited)) & set(map(broad_fold, self.tags))
        if twice:
            raise MalformedRequestError(
                f"The tag {min(twice)} is inherited and cannot be passed again.", code="InvalidParameterValue"
            )
        return RoleSession(
            role_id=role.role_id,
            role_name=role.name,
            name=self.session_name,
            arn=f"arn:{role.arn.split(':')[1]}:sts::{account}:assumed-role/{role.name}/{self.session_name}",
            tags={**inherited, **self.tags},
            transitive=frozenset((*inherited, *self.transitive)),
            policies=self.policies,
        )


def _inherited_tags(caller: Caller) -> dict[str, str]:
    session = caller.role_session
    if session is None:
        return {}
    transitive = set(map(ascii_lower, session.transitive))
    return {key: value for key, value in session.tags.items() if ascii_lower(key) in transitive}


def _fields(parameters: Mapping[str, str]) -> tuple[dict[str, str], dict[str, list[dict[str | None, str]]]]:
    plain: dict[str, str] = {}
    numbered: dict[str, dict[int, dict[str | None, str]]] = {name: {} for name in _PARTS}
    for name, value in parameters.items():
        member = _MEMBER.fullmatch(name)
        if name in _PLAIN:
            plain[name] = value
        elif name in _PARTS and not value:
            continue  # an empty list
        elif member and member[3] in _PARTS[member[1]]:
            numbered[member[1]].setdefault(int(member[2]), {})[member[3]] = value
        else:
            raise UnmappableRequestError(f"This local AWS does not offer the parameter {name[:64]!r} of AssumeRole")
    lists = {name: [members[number] for number in sorted(members)] for name, members in numbered.items()}
    return plain, lists


def _matching(name: str, plain: Mapping[str, str], form: re.Pattern[str]) -> str:
    value = plain.get(name, "")
    if not form.fullmatch(value):
        raise MalformedRequestError(f"{name} must match {form.pattern}", code="ValidationError")
    return value


def _read_seconds(value: str | None) -> int:
    if value is None:
        return _DEFAULT_SECONDS
    if not re.fullmatch("[0-9]{1,6}", value, re.ASCII) or int(value) < _MIN_SECONDS:
        raise MalformedRequestError(f"DurationSeconds must be at least {_MIN_SECONDS}", code="ValidationError")
    return int(value)


def _read_tags(members: list[dict[str | None, str]]) -> dict[str, str]:
    if len(members) > _MAX_TAGS:
        raise MalformedRequestError(f"At most {_MAX_TAGS} tags may be passed", code="ValidationError")
    tags: dict[str, str] = {}
    for member in members:
        key, value = member.get("Key", ""), member.get("Value")
        if value is None or not _is_tag(key, value):
            raise MalformedRequestError(
                "A tag's key or value has characters or a length that STS does not take", code="ValidationError"
            )
        if broad_fold(key) in set(map(broad_fold, tags)):
            raise MalformedRequestError(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
                code="InvalidParameterValue",
            )
        tags[key] = value
    return tags


def _is_tag(key: str, value: str) -> bool:
    if _CONTROL.search(key + value) or broad_fold(key).startswith("aws:"):
        return False
    return _TAG_KEY.fullmatch(key) is not None and _TAG_VALUE.fullmatch(value) is not None


def _read_policies(
    inline: str | None, arns: list[dict[str | None, str]], managed_policy: Callable[[str], str | None]
) -> tuple[Policy, ...] | None:
    if inline is None and not arns:
        return None
    if len(inline or "") > _MAX_POLICY_CHARACTERS or len(arns) > _MAX_POLICY_ARNS:
        raise MalformedRequestError("The session policies are too large.", code="PackedPolicyTooLarge")
    documents = [] if inline is None else [inline]
    for member in arns:
        document = managed_policy(member["arn"])
        if document is None:
            raise MalformedRequestError(f"There is no policy {member['arn'][:256]}", code="NoSuchEntity")
        documents.append(document)
    try:
        return tuple(Policy.parse(document, kind=PolicyKind.SESSION) for document in documents)
    except PolicyError as error:
        raise MalformedRequestError(
            f"The session policy is malformed: {error}", code="MalformedPolicyDocument"
        ) from error
