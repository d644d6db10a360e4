"""What the tags and the source identity of a session may be, wherever they come from: a parameter, or a token.

Source: AWS, "Pass session tags in AWS STS" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html) and
"Monitor and control actions taken with assumed roles" (https://docs.aws.amazon.com/IAM/latest/UserGuide/
id_credentials_temp_control-access_monitor.html).

"Tag keys are case insensitive", and nothing says which letters beyond ASCII are the same: keys that may be one are
refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bulkhead_iam.folding import ascii_lower, broad_fold
from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_MAX_TAGS = 50
_CHARACTERS = r"[^\W_]|[\s_.:/=+\-@]"  # \p{L}\p{Z}\p{N}_.:/=+\-@; the separators are checked apart
_KEY = re.compile(rf"(?:{_CHARACTERS}){{1,128}}")
_VALUE = re.compile(rf"(?:{_CHARACTERS}){{0,256}}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SOURCE_IDENTITY = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII)


def session_tags(pairs: Sequence[tuple[str, str | None]]) -> dict[str, str]:
    """Return the tags by key, as given.

    Raises:
        MalformedRequestError: too many, one that STS does not take, or two keys that may be the same.
    """
    if len(pairs) > _MAX_TAGS:
        raise MalformedRequestError(f"At most {_MAX_TAGS} tags may be passed", code="ValidationError")
    tags: dict[str, str] = {}
    for key, value in pairs:
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


def transitive_keys(keys: Iterable[str], tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the keys of the tags that a next session inherits.

    Raises:
        MalformedRequestError: one names no tag, letter by letter but for the case of ASCII's.
    """
    transitive = tuple(keys)
    if not set(map(ascii_lower, transitive)) <= set(map(ascii_lower, tags)):
        raise MalformedRequestError("A transitive tag key names no tag of this call.", code="ValidationError")
    return transitive


def source_identity(value: str) -> str:
    """Return it.

    Raises:
        MalformedRequestError: not 2 to 64 letters, digits and `_.,+=@-`.
    """
    if not _SOURCE_IDENTITY.fullmatch(value):
        raise MalformedRequestError(
            "A source identity has 2 to 64 characters: letters and digits of ASCII, and _.,+=@-", code="ValidationError"
        )
    return value


def _is_tag(key: str, value: str) -> bool:
    if _CONTROL.search(key + value) or broad_fold(key).startswith("aws:"):
        return False
    return _KEY.fullmatch(key) is not None and _VALUE.fullmatch(value) is not None
