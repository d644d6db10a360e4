"""The form of a call that opens a role's session: the fields that AssumeRole and AssumeRoleWithWebIdentity share.

Source: AWS, "AssumeRole" (https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html) and
"AssumeRoleWithWebIdentity" (…/API_AssumeRoleWithWebIdentity.html).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_iam import Policy, PolicyError, PolicyKind
from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MIN_SECONDS, _DEFAULT_SECONDS = 900, 3600
_MAX_POLICY_ARNS, _MAX_POLICY_CHARACTERS = 10, 2048
_MAX_PACKED_CHARACTERS = _MAX_POLICY_CHARACTERS + 50 * (128 + 256)  # an inline policy and 50 tags of the longest
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::[0-9]{12}:role/[\x21-\x7e]{1,512}", re.ASCII)
_MEMBER = re.compile(r"(Tags|TransitiveTagKeys|PolicyArns)\.member\.([1-9][0-9]{0,3})(?:\.(Key|Value|arn))?")
_PARTS: dict[str, set[str | None]] = {"Tags": {"Key", "Value"}, "TransitiveTagKeys": {None}, "PolicyArns": {"arn"}}
_PLAIN = frozenset({"RoleArn", "RoleSessionName", "DurationSeconds", "Policy"})


class RoleForm:
    """The fields of one call, flat and by their wire names.

    Raises (when made):
        UnmappableRequestError: a field that is neither common nor among `plain` and `lists`.
    """

    def __init__(
        self,
        parameters: Mapping[str, str],
        operation: str,
        *,
        plain: frozenset[str],
        lists: frozenset[str] = frozenset(),
    ) -> None:
        self._plain: dict[str, str] = {}
        offered = lists | {"PolicyArns"}
        numbered: dict[str, dict[int, dict[str | None, str]]] = {name: {} for name in offered}
        for name, value in parameters.items():
            member = _MEMBER.fullmatch(name)
            if name in _PLAIN or name in plain:
                self._plain[name] = value
            elif name in offered and not value:
                continue  # an empty list
            elif member and member[1] in offered and member[3] in _PARTS[member[1]]:
                numbered[member[1]].setdefault(int(member[2]), {})[member[3]] = value
            else:
                raise UnmappableRequestError(
                    f"This local AWS does not offer the parameter {name[:64]!r} of {operation}"
                )
        self._lists = {name: [members[number] for number in sorted(members)] for name, members in numbered.items()}

    def listed(self, name: str) -> list[dict[str | None, str]]:
        """Return the members of a list, each by the names of its parts."""
        return self._lists[name]

    def text(self, name: str) -> str | None:
        """Return a field, or None when it is absent."""
        return self._plain.get(name)

    def matching(self, name: str, form: re.Pattern[str]) -> str:
        """Return a field that must be there.

        Raises:
            MalformedRequestError: it is absent, or has another form.
        """
        value = self._plain.get(name, "")
        if not form.fullmatch(value):
            raise MalformedRequestError(f"{name} must match {form.pattern}", code="ValidationError")
        return value

    def role_arn(self) -> str:
        """Return the role that is asked for; see `matching`."""
        return self.matching("RoleArn", _ROLE_ARN)

    def session_name(self) -> str:
        """Return the name that the session will have; see `matching`."""
        return self.matching("RoleSessionName", _SESSION_NAME)

    def seconds(self) -> int:
        """Return how long the session is to last: an hour, when nothing is said.

        Raises:
            MalformedRequestError: less than 900 seconds, or no number.
        """
        value = self._plain.get("DurationSeconds")
        if value is None:
            return _DEFAULT_SECONDS
        if not re.fullmatch("[0-9]{1,6}", value, re.ASCII) or int(value) < _MIN_SECONDS:
            raise MalformedRequestError(f"DurationSeconds must be at least {_MIN_SECONDS}", code="ValidationError")
        return int(value)

    def policies(self, managed_policy: Callable[[str], str | None]) -> tuple[Policy, ...] | None:
        """Return the session policies, inline and managed; None when none is passed.

        Raises:
            MalformedRequestError: too large, malformed, or a managed policy that is not there.
        """
        inline, arns = self._plain.get("Policy"), self._lists["PolicyArns"]
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

    def packed_percent(self, tags: Mapping[str, str]) -> int | None:
        """Return how full the session is, or None when it has neither an inline policy nor tags.

        AWS measures a packed form that it does not describe. This is the share of the characters that the documented
        limits allow.
        """
        texts = [self._plain.get("Policy", ""), *tags, *tags.values()]
        characters = sum(map(len, texts))
        return -(-100 * characters // _MAX_PACKED_CHARACTERS) if characters else None
