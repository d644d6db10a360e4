"""What goes may take a Deny with it, or leave something behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from planproof_testing.plans import (
    ACCOUNT,
    DENIAL,
    EVERYTHING,
    NOTHING,
    Plan,
    added,
    change_of,
    proved,
    role,
    sound,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_OWN = f"arn:aws:iam::{ACCOUNT}:policy/everything"
_DENIES = f"arn:aws:iam::{ACCOUNT}:policy/denies"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_INLINE: dict[str, Any] = {"role": "app-OtherRole", "name": "deny", "policy": DENIAL}
_ATTACHED: dict[str, Any] = {"role": "app-OtherRole", "policy_arn": _DENIES}


def _plan() -> Plan:
    """Return a plan in which a role has everything, and an inline and an attached policy that each deny it."""
    plan = sound()
    role(plan, "Other")
    for arn, document in ((_OWN, EVERYTHING), (_DENIES, DENIAL)):
        name = arn.rpartition("/")[2]
        added(plan, f"aws_iam_policy.{name}", name=name, arn=arn, policy=document)
    added(plan, "aws_iam_role_policy.everything", role="app-OtherRole", name="everything", policy=EVERYTHING)
    return plan


def _denied_inline(plan: Plan, *actions: str) -> object:
    added(plan, "aws_iam_role_policy.deny", **_INLINE)
    change_of(plan, "aws_iam_role_policy.deny").update(actions=list(actions), before=_INLINE)
    return plan


def _denied_by_attachment(plan: Plan, *actions: str) -> object:
    added(plan, "aws_iam_role_policy_attachment.deny", **_ATTACHED)
    change_of(plan, "aws_iam_role_policy_attachment.deny").update(actions=list(actions), before=_ATTACHED)
    return plan


def _deleted(plan: Plan, address: str, **before: Any) -> object:
    """Add a resource that goes and is still in the configuration, as with a `count` of none."""
    added(plan, address, **before)
    change_of(plan, address).update(actions=["delete"], before=before, after=None)
    return plan


def _shifted(plan: Plan) -> object:
    """Let the denial take the place of another attachment, whose place another takes."""
    deny = change_of(plan, "aws_iam_role_policy_attachment.deny")
    deny["before"] = {**_ATTACHED, "policy_arn": _OWN}
    added(plan, "aws_iam_role_policy_attachment.next", role="app-OtherRole", policy_arn=_OWN)
    change_of(plan, "aws_iam_role_policy_attachment.next").update(actions=["delete", "create"], before=_ATTACHED)
    return plan


def _replaced_role(plan: Plan, *, then: str = "no-op") -> object:
    change = change_of(plan, "aws_iam_role.Other")
    change.update(actions=["delete", "create"], before=dict(change["after"]))
    return _denied_by_attachment(plan, then)


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: _denied_inline(plan, "no-op"),
        lambda plan: _denied_inline(plan, "create"),
        lambda plan: _denied_inline(plan, "delete", "create"),
        lambda plan: _denied_by_attachment(plan, "no-op"),
        lambda plan: _denied_by_attachment(plan, "delete", "create"),
        lambda plan: (
            _denied_inline(plan, "no-op"),
            _deleted(plan, "aws_iam_role_policy.other", role="app-OtherRole", name="other", policy=NOTHING),
        ),
        lambda plan: _replaced_role(plan, then="create"),
    ],
)
def test_a_denial_that_stays_counts(change: Callable[[Plan], object]) -> None:
    """The twins of the plans below."""
    plan = _plan()
    assert not proved(plan).report.proved
    change(plan)
    assert proved(plan).report.proved


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda plan: _denied_inline(plan, "create", "delete"), id="created before it is deleted"),
        pytest.param(lambda plan: _denied_by_attachment(plan, "create", "delete"), id="attached before detached"),
        pytest.param(
            lambda plan: (_denied_inline(plan, "create"), _deleted(plan, "aws_iam_role_policy.old", **_INLINE)),
            id="another address",
        ),
        pytest.param(
            lambda plan: (
                _denied_by_attachment(plan, "create"),
                _deleted(plan, "aws_iam_role_policy_attachment.old", **_ATTACHED),
            ),
            id="an attachment of another address",
        ),
        pytest.param(
            lambda plan: (
                _denied_by_attachment(plan, "no-op"),
                _deleted(plan, "aws_iam_policy_attachment.old", roles=["app-OtherRole"], policy_arn=_DENIES),
            ),
            id="an attachment to several",
        ),
        pytest.param(
            lambda plan: (_denied_inline(plan, "no-op"), _deleted(plan, "aws_iam_role_policy.deny[0]", **_INLINE)),
            id="a deposed one",
        ),
        pytest.param(_replaced_role, id="a role that goes and comes again"),
        pytest.param(
            lambda plan: (_denied_by_attachment(plan, "delete", "create"), _shifted(plan)), id="a count that shifts"
        ),
    ],
)
def test_a_denial_that_may_go_does_not_count(change: Callable[[Plan], object]) -> None:
    """Terraform puts it there and takes it away in an order that a plan does not tell."""
    plan = _plan()
    change(plan)
    assert not proved(plan).report.proved


def test_a_list_that_goes_leaves_what_it_attached() -> None:
    """The provider detaches nothing then; with the role, all of it goes."""
    plan = sound()
    role(plan, "Other")
    listed: dict[str, Any] = {"role_name": "app-OtherRole", "policy_arns": [_ADMINISTRATOR]}
    _deleted(plan, "aws_iam_role_policy_attachments_exclusive.x", **listed)
    assert proved(plan).says(f"what {_ADMINISTRATOR} allows is not in the plan")

    change_of(plan, "aws_iam_role.Other").update(actions=["delete"], after=None, before={"name": "app-OtherRole"})
    assert proved(plan).report.proved


def test_a_removed_block_may_run_something() -> None:
    """The JSON has no trace of it but a deletion that the configuration does not speak of."""
    plan = sound()
    _deleted(plan, "aws_sqs_queue.x", name="x")
    plan["configuration"]["root_module"]["resources"].pop()
    assert proved(plan).says("what runs as it goes is not in the plan: name the saved plan in --saved")
    plan = sound()
    _deleted(plan, "aws_sqs_queue.x", name="x")
    assert proved(plan).report.proved


def _bucket(plan: Plan, *owners: str) -> None:
    added(plan, "aws_s3_bucket.b", bucket="b", acl="public-read")
    for number, ownership in enumerate(owners):
        address = f"aws_s3_bucket_ownership_controls.c{number}"
        added(plan, address, bucket="b", rule=[{"object_ownership": ownership}])


def test_access_control_lists_are_off_only_where_all_say_so() -> None:
    """And none of those that say so goes."""
    for owners, is_proved in (
        (["BucketOwnerEnforced"], True),
        ([], False),
        (["BucketOwnerEnforced", "ObjectWriter"], False),
    ):
        plan = sound()
        _bucket(plan, *owners)
        assert proved(plan).report.proved is is_proved, owners
    plan = sound()
    _bucket(plan, "BucketOwnerEnforced")
    _deleted(plan, "aws_s3_bucket_ownership_controls.old", bucket="b")
    assert not proved(plan).report.proved


def test_a_list_that_goes_over_to_another_leaves_what_it_attached() -> None:
    """Terraform makes it anew for that one."""
    plan = sound()
    role(plan, "Other")
    role(plan, "Next")
    address = "aws_iam_role_policy_attachments_exclusive.x"
    added(plan, address, role_name="app-NextRole", policy_arns=[])
    before = {"role_name": "app-OtherRole", "policy_arns": [_ADMINISTRATOR]}
    change_of(plan, address).update(actions=["delete", "create"], before=before)
    assert proved(plan).says(f"app-OtherRole: what {_ADMINISTRATOR} allows is not in the plan")
    before["role_name"] = "app-NextRole"
    assert proved(plan).report.proved


@pytest.mark.parametrize(
    ("address", "before"),
    [
        ("aws_s3_bucket_acl.a", {"bucket": "b", "acl": "public-read"}),
        ("aws_lambda_layer_version_permission.p", {"principal": "*", "skip_destroy": True}),
    ],
)
def test_what_stays_though_it_goes_is_not_known(address: str, before: dict[str, Any]) -> None:
    """Terraform forgets it, and AWS does not."""
    plan = sound()
    _deleted(plan, address, **before)
    assert proved(plan).says("goes, and leaves what it made")
