"""Reading the flat form fields of the query protocol: only known ones, and lists in their one canonical spelling.

moto reads a list from `….member.1` on until one is missing, takes an empty field for an empty list whatever else there
is, and ignores the rest; other readers differ. So a list must be exactly `….member.1` to `….member.N`.

Source: "AWS query protocol" (https://smithy.io/2.0/aws/protocols/aws-query-protocol.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError, UnmappableRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

VALIDATION = "ValidationError"


class Fields:
    """The fields of one request.

    Raises (when made):
        UnmappableRequestError: a field that is not among `members` and not part of a list of `lists`.
    """

    def __init__(self, parameters: Mapping[str, Any], members: frozenset[str], lists: frozenset[str]) -> None:
        for name in parameters:
            member, is_part, _ = name.partition(".")
            if member not in members or (is_part and member not in lists):
                raise UnmappableRequestError(f"The request has a parameter that this gate cannot map: {name[:128]}")
        self._parameters = parameters

    def text(self, member: str) -> str | None:
        """Return a field, or None when it is absent.

        Raises:
            MalformedRequestError: it is empty. (moto takes an empty one for an absent one, AWS for an invalid one.)
        """
        value = self._parameters.get(member)
        if value == "":
            raise MalformedRequestError(f"{member} must not be empty", code=VALIDATION)
        return value

    def required(self, member: str) -> str:
        """Return a field that must be there.

        Raises:
            MalformedRequestError: it is absent or empty.
        """
        value = self.text(member)
        if value is None:
            raise MalformedRequestError(f"The request must contain the parameter {member}", code=VALIDATION)
        return value

    def tags(self, member: str = "Tags") -> dict[str, str]:
        """Return a list of tags as key to value; empty when there are none.

        Raises:
            MalformedRequestError: not in the canonical spelling, or a key twice.
        """
        given = self._parts(member)
        tags: dict[str, str] = {}
        for index in range(1, len(given) // 2 + 1):
            key, value = (given.pop(f"{member}.member.{index}.{part}", None) for part in ("Key", "Value"))
            if key is None or value is None or key in tags:
                raise _not_canonical(member)
            tags[key] = value
        if given:
            raise _not_canonical(member)
        return tags

    def listed(self, member: str) -> list[str]:
        """Return a list of strings; empty when there are none.

        Raises:
            MalformedRequestError: not in the canonical spelling.
        """
        given = self._parts(member)
        values = [given.pop(f"{member}.member.{index}", None) for index in range(1, len(given) + 1)]
        if given or None in values:
            raise _not_canonical(member)
        return [value for value in values if value is not None]

    def _parts(self, member: str) -> dict[str, str]:
        prefix = f"{member}."
        parts = {name: value for name, value in self._parameters.items() if name.startswith(prefix)}
        empty = self._parameters.get(member)
        if empty is not None and (empty or parts):
            raise _not_canonical(member)
        return parts


def _not_canonical(member: str) -> MalformedRequestError:
    return MalformedRequestError(f"{member} is not a list in the query protocol's spelling", code=VALIDATION)
