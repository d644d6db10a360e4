"""What an app client's configuration says, without an emulator."""

from __future__ import annotations

import pytest

from bulkhead_localaws.protocol.checks import MalformedRequestError
from bulkhead_localaws.services.cognito_idp.clients import check_flow, lifetime

FLOWS = (
    *("ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH", "CUSTOM_AUTH", "REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"),
    *("USER_AUTH", "USER_PASSWORD_AUTH", "USER_SRP_AUTH"),
)
REFRESH = {"REFRESH_TOKEN", "REFRESH_TOKEN_AUTH"}
ADMIN = {"ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"}


@pytest.mark.parametrize(
    ("listed", "expected"),
    [
        ([], REFRESH | {"CUSTOM_AUTH", "USER_SRP_AUTH"}),
        (["ALLOW_USER_AUTH"], {"USER_AUTH"}),
        (["ALLOW_USER_SRP_AUTH"], {"USER_SRP_AUTH"}),
        (["ALLOW_ADMIN_USER_PASSWORD_AUTH"], ADMIN),
        (["USER_PASSWORD_AUTH"], REFRESH | {"CUSTOM_AUTH", "USER_SRP_AUTH", "USER_PASSWORD_AUTH"}),
        (["ADMIN_NO_SRP_AUTH"], REFRESH | ADMIN | {"CUSTOM_AUTH", "USER_SRP_AUTH"}),
        (["CUSTOM_AUTH_FLOW_ONLY"], REFRESH | {"CUSTOM_AUTH"}),
    ],
)
def test_a_flow_is_there_when_it_is_listed_or_comes_with_an_older_name(listed: list[str], expected: set[str]) -> None:
    """What the emulator does not know is left to it, whatever its type."""

    def is_allowed(flow: str) -> bool:
        try:
            check_flow({"ExplicitAuthFlows": listed}, flow)
        except MalformedRequestError:
            return False
        return True

    assert {flow for flow in FLOWS if is_allowed(flow)} == expected
    check_flow({}, ["USER_PASSWORD_AUTH"])
    check_flow({}, None)


def test_a_refresh_token_that_is_to_live_for_no_time_lives_for_thirty_days() -> None:
    """As Cognito does: it overrides the value with the default."""
    none = {"RefreshTokenValidity": 0, "TokenValidityUnits": {"RefreshToken": "minutes"}}
    assert lifetime(none, "Refresh") == 2_592_000
    assert lifetime({"RefreshTokenValidity": 2}, "Refresh") == 172_800
