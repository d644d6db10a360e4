"""Where the keys of issuers come from: the emulator's own user pools, and files or URLs that were given at start."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead_localaws.gate.calling import read_json
from bulkhead_localaws.gate.identity_tokens import IdentityTokenError, invalid
from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_SECONDS = 5.0
_MOST_BYTES = 1024 * 1024


class IssuerKeys:
    """The keys of issuers; see gate.identity_tokens.KeySource.

    A file or URL is read at every use: an issuer that rotates its keys, or is gone, is so for the next token.
    """

    def __init__(self, given: Mapping[str, str], own: Callable[[str], Iterable[Mapping[str, Any]] | None]) -> None:
        """Take a file or URL for each issuer, and a function that returns the keys of the emulator's own issuers."""
        self._given = given
        self._own = own

    def keys(self, issuer: str) -> Iterable[Mapping[str, Any]]:
        """See gate.identity_tokens.KeySource."""
        if issuer in self._given:
            return _key_set(_read(self._given[issuer]))
        own = self._own(issuer)
        if own is None:
            raise _unreachable(f"no keys of {issuer} are known here: start with --issuer {issuer}=FILE-OR-URL")
        return own


def _read(source: str) -> bytes:
    try:
        if not source.startswith(("http://", "https://")):
            with Path(source).open("rb") as file:
                return file.read(_MOST_BYTES)
        with urllib.request.urlopen(source, timeout=_SECONDS) as answer:  # noqa: S310 -- http or https, see above
            return bytes(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            raise _unreachable(f"{source}: {error}") from None
    except (OSError, ValueError) as error:  # URLError and timeouts are OSErrors
        raise _unreachable(f"{source}: {error}") from error


def _key_set(document: bytes) -> list[dict[str, Any]]:
    try:
        keys = read_json(document).get("keys")
    except MalformedRequestError:
        keys = None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise invalid("What the identity provider publishes is no set of keys")
    return keys


def _unreachable(why: str) -> IdentityTokenError:
    return IdentityTokenError("IDPCommunicationError", f"The identity provider could not be reached: {why}")
