"""The claims of id and access tokens, with what a pre-token trigger changes in them.

Sources: Amazon Cognito Developer Guide, "Understanding the identity (ID) token", "Understanding the access token" and
"Pre token generation Lambda trigger".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bulkhead_localaws.services.cognito_idp.triggers import Changes, ClaimChanges

SCOPES = ("aws.cognito.signin.user.admin",)
"""The scopes of whoever signs in through the API."""

_GROUP_CLAIMS = frozenset({"cognito:groups", "cognito:preferred_role", "cognito:roles"})
_RESERVED = frozenset({
    "acr", "amr", "at_hash", "aud", "auth_time", "azp", "client_id", "device_key", "event_id", "exp", "iat",
    "identities", "iss", "jti", "nbf", "nonce", "origin_jti", "sub", "token_use",
})  # fmt: skip
_RESERVED_IN_ACCESS = _RESERVED | {"scope", "username", "version"}
_BOOLEAN = frozenset({"email_verified", "phone_number_verified"})


def id_claims(
    issued: Mapping[str, Any], attributes: Mapping[str, str], groups: Mapping[str, Any], changes: Changes
) -> dict[str, Any]:
    """Return an id token's claims.

    Args:
        issued: the claims that are Cognito's own.
        attributes: the user's, as far as the client may read them.
        groups: the user's, as a trigger is told them.
        changes: what the trigger wants.
    """
    claims = {name: value == "true" if name in _BOOLEAN else value for name, value in attributes.items()}
    held = changes.groups if changes.groups is not None else groups
    claims |= {
        name: value
        for name, value in {
            "cognito:groups": held["groupsToOverride"],
            "cognito:roles": held["iamRolesToOverride"],
            "cognito:preferred_role": held["preferredRole"],
        }.items()
        if value
    }
    return _changed(claims, changes.id, _RESERVED) | dict(issued)


def access_claims(issued: Mapping[str, Any], groups: Mapping[str, Any], changes: Changes) -> dict[str, Any]:
    """Return an access token's claims; see `id_claims`."""
    held = changes.groups if changes.groups is not None else groups
    claims = {"cognito:groups": held["groupsToOverride"]} if held["groupsToOverride"] else {}
    scopes = dict.fromkeys((*SCOPES, *changes.access.scopes_added))
    kept = [scope for scope in scopes if scope not in changes.access.scopes_suppressed]
    return {**_changed(claims, changes.access, _RESERVED_IN_ACCESS), **issued, "scope": " ".join(kept)}


def _changed(claims: dict[str, Any], changes: ClaimChanges, reserved: frozenset[str]) -> dict[str, Any]:
    """Return the claims as changed; what is both set and suppressed is suppressed, and what is reserved stays."""
    added = {name: value for name, value in changes.added.items() if not _is_reserved(name, reserved)}
    return {name: value for name, value in (claims | added).items() if name not in changes.suppressed}


def _is_reserved(name: str, reserved: frozenset[str]) -> bool:
    if name.startswith("cognito:"):
        return name not in _GROUP_CLAIMS
    return name in reserved or name.startswith("dev:")
