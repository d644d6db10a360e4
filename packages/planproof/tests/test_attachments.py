"""What is attached in the end: what anything attaches is read, and a Deny counts only if nothing takes it away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.findings import Claim
from planproof_testing.plans import (
    ACCOUNT,
    DENIAL,
    EVERYTHING,
    NOTHING,
    Outcome,
    added,
    after,
    allowing,
    change_of,
    policy,
    proved,
    role,
    sound,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from planproof_testing.plans import Plan

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_OWN = f"arn:aws:iam::{ACCOUNT}:policy/shop-everything"
_NONE = f"arn:aws:iam::{ACCOUNT}:policy/shop-nothing"
_DENIES = f"arn:aws:iam::{ACCOUNT}:policy/shop-denies"


def _policies(plan: Plan) -> None:
    for arn, document in ((_OWN, EVERYTHING), (_NONE, NOTHING), (_DENIES, DENIAL)):
        name = arn.rpartition("/")[2]
        added(plan, f"aws_iam_policy.{name}", name=name, arn=arn, policy=document)


def _outcome(*changes: Callable[[Plan], object]) -> Outcome:
    plan = sound()
    _policies(plan)
    role(plan, "Other")
    for change in changes:
        change(plan)
    return proved(plan)


def _resource(address: str, **attributes: Any) -> Callable[[Plan], object]:
    return lambda plan: added(plan, address, **attributes)


def _listed(*arns: str, who: str = "app-OtherRole") -> Callable[[Plan], object]:
    kind = "aws_iam_role_policy_attachments_exclusive"
    return _resource(f"{kind}.listed", role_name=who, policy_arns=list(arns))


def _attached(arn: str) -> Callable[[Plan], object]:
    name = arn.rpartition("/")[2]
    return _resource(f"aws_iam_role_policy_attachment.{name}", role="app-OtherRole", policy_arn=arn)


def _inline(name: str, document: str, address: str = "one") -> Callable[[Plan], object]:
    return _resource(f"aws_iam_role_policy.{address}", role="app-OtherRole", name=name, policy=document)


def _unnamed(document: str, address: str) -> Callable[[Plan], object]:
    """Add an inline policy whose name is known after the apply."""
    name = {"name": {"references": ["random_pet.x"]}}
    address = f"aws_iam_role_policy.{address}"
    return lambda plan: added(plan, address, {"name": True}, name, role="app-OtherRole", policy=document)


def _own(**attributes: Any) -> Callable[[Plan], object]:
    def change(plan: Plan) -> None:
        after(plan, "aws_iam_role.Other").update(attributes)
        for each in plan["configuration"]["root_module"]["resources"]:
            if each["address"] == "aws_iam_role.Other":
                each["expressions"].update({name: {} for name in attributes})

    return change


@pytest.mark.parametrize(
    "changes",
    [
        [_listed()],
        [_listed(_NONE)],
        [_attached(_NONE), _listed(_NONE)],
        [_attached(_OWN), _attached(_DENIES)],
        [_attached(_OWN), _attached(_DENIES), _listed(_OWN, _DENIES)],
        [_attached(_OWN), _listed(_DENIES)],
        [_own(managed_policy_arns=[_OWN, _DENIES])],
        [_inline("a", EVERYTHING, "one"), _inline("b", DENIAL, "two")],
        [_own(inline_policy=[{"name": "a", "policy": EVERYTHING}, {"name": "b", "policy": DENIAL}])],
        [_own(inline_policy=[{"name": "a", "policy": NOTHING}]), _inline("a", NOTHING)],
    ],
)
def test_what_is_sound_in_the_end_is_proved(changes: list[Callable[[Plan], object]]) -> None:
    """The twins of the plans below."""
    assert _outcome(*changes).report.proved


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        pytest.param([_listed(_OWN)], "app-OtherRole: aws_iam_policy.shop-everything", id="a list attaches"),
        pytest.param(
            [_listed(_ADMINISTRATOR)], "what arn:aws:iam::aws:policy/Administrator", id="a list attaches AWS's"
        ),
        pytest.param(
            [_listed(_ADMINISTRATOR, who="app-TenantRole")],
            "app-TenantRole: what arn:aws:iam::aws:policy/Administrator",
            id="a list attaches AWS's to the tenant role",
        ),
        pytest.param([_attached(_OWN), _attached(_DENIES), _listed(_OWN)], "app-OtherRole", id="a list drops a denial"),
        pytest.param([_attached(_OWN), _listed(_NONE)], "app-OtherRole", id="a list may drop before it is attached"),
        pytest.param(
            [_own(managed_policy_arns=[_OWN]), _attached(_DENIES)], "app-OtherRole", id="own arns drop a denial"
        ),
        pytest.param(
            [_own(managed_policy_arns=[]), _attached(_OWN), _attached(_DENIES)], "app-OtherRole", id="own arns are none"
        ),
        pytest.param([_own(managed_policy_arns=[_ADMINISTRATOR])], "Administrator", id="own arns attach"),
        pytest.param(
            [_own(inline_policy=[{"name": "a", "policy": EVERYTHING}]), _inline("b", DENIAL)],
            "app-OtherRole",
            id="own inline policies drop a denial",
        ),
        pytest.param(
            [_own(inline_policy=[{}]), _inline("a", EVERYTHING), _inline("b", DENIAL, "two")],
            "app-OtherRole",
            id="own inline policies are none",
        ),
        pytest.param(
            [_own(inline_policy=[{"name": "a", "policy": DENIAL}]), _inline("a", EVERYTHING)],
            "app-OtherRole",
            id="two of one name",
        ),
        pytest.param(
            [_inline("a", DENIAL, "one"), _inline("a", EVERYTHING, "two")],
            "app-OtherRole",
            id="two resources, one name",
        ),
        pytest.param(
            [
                _inline("a", EVERYTHING, "one"),
                _inline("b", DENIAL, "two"),
                _resource("aws_iam_role_policies_exclusive.l", role_name="app-OtherRole", policy_names=["a"]),
            ],
            "app-OtherRole",
            id="a list of names drops a denial",
        ),
        pytest.param(
            [_resource("aws_iam_role_policies_exclusive.l", role_name="app-OtherRole", policy_names=["by-hand"])],
            "what its inline policy by-hand allows is not in the plan",
            id="a list of names keeps what nobody knows",
        ),
        pytest.param(
            [
                _inline("a", EVERYTHING, "one"),
                _unnamed(DENIAL, "two"),
                _unnamed(NOTHING, "three"),
            ],
            "app-OtherRole",
            id="a name that is not known may be the denial's",
        ),
        pytest.param(
            [
                _inline("a", EVERYTHING, "one"),
                _inline("deny", DENIAL, "two"),
                _unnamed(NOTHING, "three"),
            ],
            "app-OtherRole",
            id="a policy of a name that is not known may overwrite the denial",
        ),
        pytest.param(
            [_inline("Guard", EVERYTHING, "one"), _inline("guard", DENIAL, "two")],
            "app-OtherRole",
            id="names that differ in case",
        ),
        pytest.param(
            [_attached(f"arn:aws:iam::{ACCOUNT}:policy/service-role/AWSLambdaBasicExecutionRole")],
            "AWSLambdaBasicExecutionRole allows is not in the plan",
            id="a policy that is called as one of AWS's",
        ),
    ],
)
def test_what_is_taken_away_does_not_count(changes: list[Callable[[Plan], object]], says: str) -> None:
    """Nor is what a list adds overlooked."""
    outcome = _outcome(*changes)
    assert not outcome.report.proved
    assert outcome.says(says)


@pytest.mark.parametrize("kind", ["user", "group"])
def test_lists_of_users_and_groups_attach_as_well(kind: str) -> None:
    """Terraform has the same two resources for each of the three."""
    plan = sound()
    _policies(plan)
    added(plan, f"aws_iam_{kind}.x", name="x")
    assert proved(plan).report.proved
    listed: dict[str, Any] = {f"{kind}_name": "x", "policy_arns": [_OWN]}
    added(plan, f"aws_iam_{kind}_policy_attachments_exclusive.x", None, None, **listed)
    assert not proved(plan).report.proved


def test_a_policy_of_the_plan_that_two_roles_and_a_list_attach() -> None:
    """As in a real plan that was proved: `dynamodb:*` for two roles, and one of AWS's policies planned for a third."""
    plan = sound()
    _policies(plan)
    for name in ("One", "Two", "Three"):
        role(plan, name)
    for name in ("One", "Two"):
        kind = "aws_iam_role_policy_attachments_exclusive"
        added(plan, f"{kind}.{name}", role_name=f"app-{name}Role", policy_arns=[_OWN])
    full = "arn:aws:iam::aws:policy/AmazonDynamoDBFullAccess"
    added(plan, "aws_iam_role_policy_attachments_exclusive.Three", role_name="app-ThreeRole", policy_arns=[full])

    outcome = proved(plan)

    subjects = {each.subject for each in outcome.of(Claim.NO_OTHER_PATH) + outcome.of(Claim.KNOWN)}
    assert subjects == {"app-OneRole", "app-TwoRole", "app-ThreeRole"}


def test_a_denial_that_a_change_takes_away_does_not_count() -> None:
    """Deleted, it has no attributes afterwards."""
    plan = sound()
    role(plan, "Other")
    for name, document in (("one", EVERYTHING), ("two", DENIAL)):
        added(plan, f"aws_iam_role_policy.{name}", role="app-OtherRole", name=name, policy=document)
    assert proved(plan).report.proved
    change_of(plan, "aws_iam_role_policy.two").update(actions=["delete"], after=None)
    assert not proved(plan).report.proved


def test_a_boundary_of_the_plan_is_read() -> None:
    """It confines what a counterexample may do; one that is not in the plan leaves that open."""
    plan = sound()
    _policies(plan)
    role(plan, "Other", permissions_boundary=_NONE)
    added(plan, "aws_iam_role_policy.one", role="app-OtherRole", name="a", policy=EVERYTHING)
    attributes = after(plan, "aws_iam_role.Other")
    for arn, says in (
        (_NONE, "no permissions boundary allows"),
        (_OWN, ": Allowed"),
        (_ADMINISTRATOR, "not in the plan"),
    ):
        attributes["permissions_boundary"] = arn
        (example,) = [each.counterexample for each in proved(plan).bad if each.counterexample is not None]
        assert example.confirmed == (arn == _OWN)
        assert says in example.replay[-1]


def test_only_the_allowing_statements_of_a_document_that_may_not_stay_count() -> None:
    """One document may do both."""
    both = json.loads(EVERYTHING)["Statement"] + json.loads(DENIAL)["Statement"]
    document = policy(*both, allowing("s3:GetObject"))
    assert not _outcome(_inline("a", document, "one"), _inline("a", NOTHING, "two")).report.proved


def test_a_policy_is_known_by_the_arn_that_it_will_have() -> None:
    """Others name it by account, path and name before AWS has made it."""
    plan = sound()
    role(plan, "Other")
    added(plan, "aws_iam_policy.x", {"arn": True}, name="x", path="/own/", policy=NOTHING)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/own/x"
    added(plan, "aws_iam_role_policy_attachment.x", role="app-OtherRole", policy_arn=arn)
    assert proved(plan).report.proved
    after(plan, "aws_iam_policy.x")["policy"] = EVERYTHING
    assert not proved(plan).report.proved


def test_the_boundary_of_a_user_is_read() -> None:
    """As that of a role."""
    plan = sound()
    _policies(plan)
    added(plan, "aws_iam_user.x", name="x", permissions_boundary=_NONE)
    added(plan, "aws_iam_user_policy.x", user="x", name="p", policy=EVERYTHING)
    (example,) = [each.counterexample for each in proved(plan).bad if each.counterexample is not None]
    assert not example.confirmed
    assert "no permissions boundary allows" in example.replay[-1]


def test_a_role_that_is_to_have_no_managed_policies_has_none() -> None:
    """Of an empty list, a plan says that it is not known."""
    plan = sound()
    unset: dict[str, Any] = {"constant_value": []}
    added(plan, "aws_iam_role.x", {"managed_policy_arns": True}, {"managed_policy_arns": unset}, **_TRUSTED)
    assert proved(plan).report.proved
    plan["configuration"]["root_module"]["resources"][-1]["expressions"]["managed_policy_arns"] = {}
    assert proved(plan).says("managed_policy_arns is not known at plan time")


_TRUSTED = {"name": "x", "assume_role_policy": after(sound(), "aws_iam_role.lambda")["assume_role_policy"]}
