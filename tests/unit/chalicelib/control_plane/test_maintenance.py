"""Sessions of functions for whose work no user's token says which tenant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from chalicelib.control_plane.maintenance import maintenance_session, own_session
from chalicelib.errors import ScopedCredentialsError
from chalicelib.tenancy.tenant import Role, TenantContext

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sts import STSClient

    from chalicelib.vending.sessions import Session

ROLE_ARN = "arn:aws:iam::123456789012:role/TenantMaintenanceRole"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class FakeSts:
    """Vends, and keeps what it was asked."""

    def __init__(self, *, lasts: timedelta = timedelta(hours=1)) -> None:
        self.calls: list[dict[str, Any]] = []
        self.failure: Exception | None = None
        self._lasts = lasts

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        """Answer as AssumeRole does."""
        self.calls.append(asked)
        if self.failure is not None:
            raise self.failure
        key = {"AccessKeyId": "ASIA1", "SecretAccessKey": "secret", "SessionToken": "token"}
        return {"Credentials": key | {"Expiration": NOON + self._lasts}}


def opened_by(sts: FakeSts, tenant_id: str = "acme") -> Callable[[], Session]:
    """Return what opens a session for maintenance."""
    tenant = TenantContext(tenant_id, Role.ADMIN, "offboard_tenant", "-")
    return maintenance_session(lambda: cast("STSClient", sts), ROLE_ARN, tenant, lambda: NOON)


def test_the_session_of_a_maintenance_is_an_administrators_of_that_tenant_and_opened_once_when_needed() -> None:
    """With the tags that the role's trust demands, and with no token."""
    sts = FakeSts()
    opening = opened_by(sts, "acme-eu")
    assert sts.calls == []

    session = opening()
    assert opening() is session
    assert (session.tenant_id, session.role) == ("acme-eu", Role.ADMIN)
    assert session.credentials is not None
    assert session.credentials.access_key == "ASIA1"
    assert sts.calls == [
        {
            "RoleArn": ROLE_ARN,
            "RoleSessionName": "acme-eu.admin",
            "Tags": [{"Key": "tenant", "Value": "acme-eu"}, {"Key": "role", "Value": "admin"}],
            "DurationSeconds": 3600,
        }
    ]


def test_when_sts_vends_none_no_other_takes_its_place_and_it_is_asked_again() -> None:
    """The next run of the function may be luckier, and so may the next step of this one."""
    sts = FakeSts()
    sts.failure = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")
    opening = opened_by(sts)
    with pytest.raises(ScopedCredentialsError):
        opening()
    sts.failure = None
    assert opening().credentials is not None

    over = opened_by(FakeSts(lasts=timedelta(0)))
    with pytest.raises(ScopedCredentialsError):
        over()


def test_a_function_that_works_with_its_own_rights_signs_with_no_session() -> None:
    """Its database knows the tenant by the session, and its clients are its own."""
    acme = TenantContext("acme", Role.ADMIN, "onboard_tenant", "a@example.com")
    session = own_session(acme)()
    assert (session.tenant_id, session.role, session.credentials) == ("acme", Role.ADMIN, None)
