"""The claims that AWS reads for itself: session tags and the source identity, in the namespace https://aws.amazon.com/.

Sources: AWS, "Passing session tags using AssumeRoleWithWebIdentity" (https://docs.aws.amazon.com/IAM/latest/UserGuide/
id_session-tags.html#id_session-tags_adding-assume-role-idp): each tag of the nested form is a list of one string ("you
must pass a single value for each session tag"), each of the flattened form a string. "Using source identity with
AssumeRoleWithWebIdentity" for the other.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.gate.identity_tokens import IdentityTokenError
from bulkhead_localaws.gate.session_tags import session_tags, source_identity, transitive_keys
from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMESPACE = "https://aws.amazon.com/"
_TAGS = f"{_NAMESPACE}tags"
_FLAT_TAG = f"{_TAGS}/principal_tags/"
_FLAT_TRANSITIVE = f"{_TAGS}/transitive_tag_keys"
_SOURCE_IDENTITY = f"{_NAMESPACE}source_identity"


def tags_of(claims: Mapping[str, Any]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the session tags of a token, and the keys of those that are transitive.

    Raises:
        IdentityTokenError: they have another form than AWS documents, in both forms at once, or STS does not take them.
    """
    _refuse_unknown(claims)
    flat = {name.removeprefix(_FLAT_TAG): value for name, value in claims.items() if name.startswith(_FLAT_TAG)}
    if _TAGS not in claims:
        return _checked(list(flat.items()), claims.get(_FLAT_TRANSITIVE, []))
    nested = claims[_TAGS]
    if flat or _FLAT_TRANSITIVE in claims or not isinstance(nested, dict):
        raise _rejected(f"{_TAGS} is one object, and excludes the flattened form")
    principal_tags = nested.get("principal_tags", {})
    if not nested.keys() <= {"principal_tags", "transitive_tag_keys"} or not isinstance(principal_tags, dict):
        raise _rejected(f"{_TAGS} has the members principal_tags, an object, and transitive_tag_keys")
    if not all(isinstance(values, list) and len(values) == 1 for values in principal_tags.values()):
        raise _rejected("Each of principal_tags is a list of exactly one value")
    pairs = [(key, values[0]) for key, values in principal_tags.items()]
    return _checked(pairs, nested.get("transitive_tag_keys", []))


def source_identity_of(claims: Mapping[str, Any]) -> str | None:
    """Return the source identity of a token, or None when it has none.

    Raises:
        IdentityTokenError: it is no string that STS takes.
    """
    value = claims.get(_SOURCE_IDENTITY)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _rejected("A source identity is a string")
    try:
        return source_identity(value)
    except MalformedRequestError as error:
        raise _rejected(str(error)) from None


def _refuse_unknown(claims: Mapping[str, Any]) -> None:
    """Refuse what AWS may read and this local AWS does not know: it might narrow the session."""
    for name in claims:
        known = name in {_TAGS, _FLAT_TRANSITIVE, _SOURCE_IDENTITY} or name.startswith(_FLAT_TAG)
        if name.startswith(_NAMESPACE) and not known:
            raise _rejected(f"This local AWS does not know the claim {name[:128]}")


def _checked(pairs: list[tuple[str, Any]], transitive: Any) -> tuple[dict[str, str], tuple[str, ...]]:
    if not all(isinstance(value, str) for _, value in pairs):
        raise _rejected("The value of a tag is a string")
    if not isinstance(transitive, list) or not all(isinstance(key, str) for key in transitive):
        raise _rejected("transitive_tag_keys is a list of strings")
    try:
        tags = session_tags(pairs)
        return tags, transitive_keys(transitive, tags)
    except MalformedRequestError as error:
        raise _rejected(str(error)) from None


def _rejected(message: str) -> IdentityTokenError:
    return IdentityTokenError("IDPRejectedClaim", message, HTTPStatus.FORBIDDEN)
