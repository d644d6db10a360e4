"""The keys with which the emulator's user pools sign, read from moto's memory: it fetches nothing from itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.cognitoidp.models import cognitoidp_backends

from bulkhead_localaws.moto.emulator import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

_ISSUER = re.compile(r"https://cognito-idp\.([a-z0-9-]{1,32})\.amazonaws\.com/([\w-]{1,60})", re.ASCII)


def user_pool_keys(issuer: str) -> list[Mapping[str, Any]] | None:
    """Return the public keys of the user pool that issues tokens as `issuer`; None when there is no such pool."""
    named = _ISSUER.fullmatch(issuer)
    backends = cognitoidp_backends[ACCOUNT_ID]
    if named is None or named[1] not in backends:
        return None
    pool = backends[named[1]].user_pools.get(named[2])
    return None if pool is None else [pool.json_web_key.as_dict(private=False)]
