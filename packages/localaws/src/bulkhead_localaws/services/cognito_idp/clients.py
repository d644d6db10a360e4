"""What an app client's configuration says: lifetimes of tokens, ways to sign in, readable attributes.

Source: Amazon Cognito User Pools API Reference, "CreateUserPoolClient".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bulkhead_localaws.protocol.checks import MalformedRequestError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    Token = Literal["Access", "Id", "Refresh"]

STANDARD_ATTRIBUTES = frozenset({
    "address", "birthdate", "email", "email_verified", "family_name", "gender", "given_name", "locale", "middle_name",
    "name", "nickname", "phone_number", "phone_number_verified", "picture", "preferred_username", "profile",
    "updated_at", "website", "zoneinfo",
})  # fmt: skip
"""What a client may read that names no attributes; custom ones are not among them."""

_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_DEFAULTS: dict[Token, tuple[int, str]] = {"Access": (1, "hours"), "Id": (1, "hours"), "Refresh": (30, "days")}
_RANGES: dict[Token, tuple[int, int]] = {
    "Access": (300, 86_400),
    "Id": (300, 86_400),
    "Refresh": (3_600, 315_360_000),
}
_UNITS: dict[Token, str] = {"Access": "AccessToken", "Id": "IdToken", "Refresh": "RefreshToken"}
_DEFAULT_FLOWS = ("ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH")
_LEGACY = {
    "ADMIN_NO_SRP_AUTH": {"ALLOW_ADMIN_USER_PASSWORD_AUTH"},
    "CUSTOM_AUTH_FLOW_ONLY": set[str](),
    "USER_PASSWORD_AUTH": {"ALLOW_USER_PASSWORD_AUTH"},
}
_NEEDED = {
    "ADMIN_NO_SRP_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH": "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "CUSTOM_AUTH": "ALLOW_CUSTOM_AUTH",
    "REFRESH_TOKEN": "ALLOW_REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN_AUTH": "ALLOW_REFRESH_TOKEN_AUTH",
    "USER_AUTH": "ALLOW_USER_AUTH",
    "USER_PASSWORD_AUTH": "ALLOW_USER_PASSWORD_AUTH",
    "USER_SRP_AUTH": "ALLOW_USER_SRP_AUTH",
}
_MESSAGES = {
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
}
_CODE = "InvalidParameterException"


def lifetime(client: Mapping[str, Any], token: Token) -> int:
    """Return for how many seconds a client's tokens of a kind are valid."""
    value, unit = _DEFAULTS[token]
    given = client.get(f"{token}TokenValidity")
    if not given:  # of a refresh token, 0 means the default, too
        return value * _SECONDS[unit]
    units = client.get("TokenValidityUnits") or {}
    return int(given) * _SECONDS[units.get(_UNITS[token]) or unit]


def is_readable(client: Mapping[str, Any], attribute: str) -> bool:
    """Whether a client may read an attribute of its users; `sub` it always may."""
    return attribute == "sub" or attribute in (client.get("ReadAttributes") or STANDARD_ATTRIBUTES)


def check_flow(client: Mapping[str, Any], flow: Any) -> None:
    """Refuse a way to sign in that the client does not have.

    With a name of the older kind the client has SRP (but for CUSTOM_AUTH_FLOW_ONLY), custom authentication and refresh
    tokens, too.

    Raises:
        MalformedRequestError: it does not have it. An unknown flow is left to the emulator, which refuses it.
    """
    listed = set(client.get("ExplicitAuthFlows") or _DEFAULT_FLOWS)
    if legacy := listed & _LEGACY.keys():
        listed |= {"ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}.union(*(_LEGACY[name] for name in legacy))
        if "CUSTOM_AUTH_FLOW_ONLY" not in legacy:
            listed.add("ALLOW_USER_SRP_AUTH")
    if isinstance(flow, str) and flow in _NEEDED and _NEEDED[flow] not in listed:
        raise MalformedRequestError(_MESSAGES.get(flow, "Auth flow not enabled for this client"), code=_CODE)


def check_client(given: Mapping[str, Any]) -> None:
    """Refuse a client that Cognito would refuse: lifetimes out of range, flows of the older and newer kind together.

    Raises:
        MalformedRequestError: it is one.
    """
    flows = given.get("ExplicitAuthFlows") or []
    if not isinstance(flows, list) or not set(map(str, flows)) <= _LEGACY.keys() | set(_NEEDED.values()):
        raise MalformedRequestError("ExplicitAuthFlows names what is no flow", code=_CODE)
    if 0 < len(_LEGACY.keys() & set(flows)) < len(set(flows)) and any(flow.startswith("ALLOW_") for flow in flows):
        raise MalformedRequestError("ExplicitAuthFlows mixes older names with ALLOW_…", code=_CODE)
    lifetimes = {token: _checked_lifetime(given, token) for token in _RANGES}
    if max(lifetimes["Access"], lifetimes["Id"]) > lifetimes["Refresh"]:
        raise MalformedRequestError("Invalid range for token validity.", code=_CODE)


def _checked_lifetime(given: Mapping[str, Any], token: Token) -> int:
    try:
        seconds = lifetime(given, token)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise MalformedRequestError(f"{token}TokenValidity or its unit cannot be read", code=_CODE) from None
    least, most = _RANGES[token]
    if not least <= seconds <= most:
        raise MalformedRequestError("Invalid range for token validity.", code=_CODE)
    return seconds
