"""Principals: derived from ARNs, and named by policies."""

from __future__ import annotations

import pytest

from bulkhead_iam import Principal

ACCOUNT = "111122223333"


def test_a_user_is_derived_from_its_arn() -> None:
    """A user has an account and no role."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/division/ann"

    assert Principal.from_arn(arn) == Principal(arn, ACCOUNT, role_arn=None, service=None)


def test_a_session_is_derived_with_the_arn_of_its_role() -> None:
    """The role is taken to have no path, since the session's ARN lacks it."""
    arn = f"arn:aws-cn:sts::{ACCOUNT}:assumed-role/app/session@one"

    assert Principal.from_arn(arn) == Principal(arn, ACCOUNT, role_arn=f"arn:aws-cn:iam::{ACCOUNT}:role/app")


def test_a_role_is_its_own_role() -> None:
    """A policy that names the role names this principal."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/service-role/app"

    assert Principal.from_arn(arn).role_arn == arn


def test_a_federated_user_is_derived_from_its_arn() -> None:
    """A federated user's session has an account."""
    assert Principal.from_arn(f"arn:aws:sts::{ACCOUNT}:federated-user/ann").account == ACCOUNT


def test_the_root_user_is_told_from_others() -> None:
    """Only the root of the principal's own account is one."""
    assert Principal.from_arn(f"arn:aws:iam::{ACCOUNT}:root").is_root
    assert not Principal.from_arn(f"arn:aws:iam::{ACCOUNT}:user/root").is_root
    assert not Principal(f"arn:aws:iam::{ACCOUNT}:root", "444455556666").is_root


def test_a_service_is_a_principal_without_account() -> None:
    """Its name stands for an ARN in messages."""
    assert Principal.from_service("lambda.amazonaws.com") == Principal(
        "lambda.amazonaws.com", account="", service="lambda.amazonaws.com"
    )
    with pytest.raises(ValueError, match="is not the name of a service"):
        Principal.from_service("*")


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "ann",
        "*",
        "arn:aws:iam::1234:user/ann",
        f"arn:aws:iam::{ACCOUNT}:group/admins",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/app/a/b",
        f"arn:aws:iam::{ACCOUNT}:root\n",
        f"arn:aws:s3:::{ACCOUNT}",
    ],
)
def test_what_cannot_call_is_refused(arn: str) -> None:
    """A name that is no ARN of a caller is never taken for one."""
    with pytest.raises(ValueError, match="is not the ARN of"):
        Principal.from_arn(arn)
