"""Entity tags and the If-Match header, for resources with versions.

Source: RFC 9110, sections 8.8.3 (ETag) and 13.1.1 (If-Match).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalicelib.errors import InvalidRequestError, PreconditionRequiredError
from chalicelib.http.parameters import Parameter, text_of_form

if TYPE_CHECKING:
    from chalice.app import Request

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_MAX_TAGS = 20
# Empty elements of a list are to be ignored (section 5.6.1.2).
_IF_MATCH = re.compile(rf"\*|[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG}){{0,{_MAX_TAGS - 1}}}[ \t,]*")
_VERSION = re.compile(r'(?<!W/)"([1-9][0-9]{0,17})"')

ETAG = Parameter("ETag", "The item's version.", {"type": "string", "pattern": '^"[1-9][0-9]*"$'})
IF_MATCH = Parameter(
    "If-Match",
    "The `ETag` that the caller has seen, several of them, or `*` for any version. A weak one matches none.",
    text_of_form(_IF_MATCH),
    example='"3"',
)


def entity_tag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def required_versions(request: Request) -> frozenset[int] | None:
    """Return the versions that If-Match names, None when it admits any.

    Raises:
        InvalidRequestError: the header is malformed.
        PreconditionRequiredError: there is none.
    """
    if "if-match" not in request.headers:
        raise PreconditionRequiredError("Send the item's ETag in the header If-Match, so that no change gets lost.")
    return versions(request)


def versions(request: Request) -> frozenset[int] | None:
    """Return the versions that If-Match names, None when it admits any or is absent.

    Tags that no version here can have, weak ones among them, match nothing.

    Raises:
        InvalidRequestError: the header is malformed.
    """
    header: str = request.headers.get("if-match", "*")
    header = header.strip(" \t")
    if not _IF_MATCH.fullmatch(header):
        raise InvalidRequestError(f'If-Match: must be * or up to {_MAX_TAGS} entity tags such as "3"')
    if header == "*":
        return None
    return frozenset(map(int, _VERSION.findall(header)))
