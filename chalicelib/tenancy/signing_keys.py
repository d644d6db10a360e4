"""The user pool's public signing keys: fetched once, cached, and re-fetched sparingly."""

from __future__ import annotations

import json
import logging
import math
import threading
import time
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from jwt import PyJWKSet
from jwt.exceptions import PyJWTError

from chalicelib.errors import InvalidTokenError, SigningKeysUnavailableError, UnknownSigningKeyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt import PyJWK

log = logging.getLogger(__name__)

_REFETCH_SECONDS, _RETRY_SECONDS = 60.0, 1.0
_RENEWED_AFTER_SECONDS = 3600.0
#: What the caller is told while no key can be had.
TRY_AGAIN = "The sign-in service cannot be reached; try again shortly."
_FETCH_TIMEOUT_SECONDS = 3


def fetch_json(url: str) -> dict[str, Any]:
    """Fetch a small JSON document.

    Raises:
        OSError, HTTPException, ValueError: it could not be fetched or is not a JSON object.
    """
    with urllib.request.urlopen(url, timeout=_FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310 -- a configured https URL
        document = json.load(answer)
    if not isinstance(document, dict):
        raise ValueError("the document is not a JSON object")  # noqa: TRY004 -- as for what is no JSON at all
    return document


class SigningKeys:
    """Finds a signing key by `kid`.

    An unknown `kid` (the pool rotated its keys, or somebody invents one) leads to at most one fetch a minute, so that
    forged tokens cannot make the authorizer hammer Cognito. A fetch that failed is tried again a second later; until it
    succeeds, nothing can be said of unknown keys, and the known ones go on working. Keys that are known for an hour are
    fetched again, since the pool may have withdrawn one.
    """

    def __init__(
        self,
        source: str,
        *,
        fetch: Callable[[str], dict[str, Any]] = fetch_json,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source  # what `fetch` is given: a URL, or an issuer
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, PyJWK] = {}
        self._next_fetch, self._renew_at = -math.inf, -math.inf
        self._failed = False

    def find(self, kid: object) -> PyJWK:
        """Return the key that the pool publishes under this id.

        Raises:
            InvalidTokenError: the token names no key.
            UnknownSigningKeyError: the pool publishes no such key.
            SigningKeysUnavailableError: the keys cannot be fetched.
        """
        if not isinstance(kid, str):
            raise InvalidTokenError("the token names no signing key")
        key = self._keys.get(kid)
        if key is None or self._clock() >= self._renew_at:
            key = self._refetched(kid)
        if key is None:
            raise UnknownSigningKeyError("the token is signed with an unknown key")
        return key

    def _refetched(self, kid: str) -> PyJWK | None:
        with self._lock:
            now, known = self._clock(), kid in self._keys
            if not known and now < self._next_fetch and self._failed:
                raise SigningKeysUnavailableError(TRY_AGAIN)  # the pool may know a key that is unknown here
            if now >= (self._renew_at if known else self._next_fetch):
                self._next_fetch, self._renew_at, self._failed = now + _RETRY_SECONDS, now + _REFETCH_SECONDS, True
                try:
                    published = PyJWKSet.from_dict(self._fetch(self._source)).keys
                except (OSError, HTTPException, ValueError, PyJWTError, SigningKeysUnavailableError) as error:
                    log.warning("the signing keys cannot be fetched: %s", error)
                    if known:
                        return self._keys[kid]
                    raise SigningKeysUnavailableError(TRY_AGAIN) from error
                self._keys = {key.key_id: key for key in published if isinstance(key.key_id, str)}
                self._next_fetch, self._renew_at = now + _REFETCH_SECONDS, now + _RENEWED_AFTER_SECONDS
                self._failed = False
            return self._keys.get(kid)
