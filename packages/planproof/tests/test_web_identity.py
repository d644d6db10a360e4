"""Roles that trust the tokens of a user pool: proved is what only our own users' tokens open, from our own network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.__main__ import main
from bulkhead_planproof.findings import Claim, Verdict
from planproof_testing.plans import ACCOUNT, PLANS, REASONS, added, after, allowing, policy
from planproof_testing.web_identities import (
    AUDIENCE,
    CLIENT,
    ENDPOINT,
    ISSUER,
    POOL,
    PROVIDER,
    conditions,
    outcome,
    reasons,
    trust,
    web_identity,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from planproof_testing.plans import Plan

_OTHER_POOL = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Another12"
_OTHER_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{_OTHER_POOL}"
_ELSEWHERE = f"arn:aws:iam::999999999999:oidc-provider/{ISSUER}"
_GITHUB = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
_SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/Offices"
_SET_ROLE = f"arn:aws:iam::{ACCOUNT}:role/app-SetRoleRole"


def test_tokens_of_the_plans_own_user_pool_need_no_reason() -> None:
    """The tags are known as those of assumed roles are, and the evaluator opens a session by token."""
    found = outcome(web_identity())
    assert found.report.proved
    twin = [each for each in found.report.findings if each.claim is Claim.TWIN]
    assert [each.verdict for each in twin] == [Verdict.PROVED]
    inside = [each for each in found.report.findings if each.claim is Claim.FROM_INSIDE]
    assert [(each.verdict, each.detail) for each in inside] == [(Verdict.PROVED, f"through {ENDPOINT}")]
    assert "what the trigger of a user pool writes into a token" in found.text


def test_the_source_identity_may_come_from_the_token_as_well() -> None:
    """It says who the user is, and gives no right."""
    plan = trust(web_identity(), lambda s: s[1].update(Action=["sts:TagSession", "sts:SetSourceIdentity"]))
    assert outcome(plan).report.proved


def _audience(operator: str, key: str, values: Any) -> Callable[[dict[str, Any]], object]:
    def edit(condition: dict[str, Any]) -> None:
        del condition["StringEquals"][AUDIENCE]
        condition.setdefault(operator, {})[key] = values

    return edit


@pytest.mark.parametrize(
    ("operator", "key", "values"),
    [
        ("StringLike", "aws:RequestTag/tenant", "??*"),
        ("ForAllValues:StringEquals", AUDIENCE, CLIENT),
        ("ForAnyValue:StringEquals", AUDIENCE, CLIENT),
        ("StringEqualsIfExists", AUDIENCE, CLIENT),
        ("StringEqualsIgnoreCase", AUDIENCE, CLIENT),
        ("ForAllValues:StringEquals", "cognito-identity.amazonaws.com:aud", CLIENT),
        ("StringEquals", "cognito-identity.amazonaws.com:aud", CLIENT),
        ("StringEquals", f"{_OTHER_POOL}:aud", CLIENT),
        ("StringEquals", f"{ISSUER}:sub", CLIENT),
        ("StringEquals", AUDIENCE.replace("-idp", "\u2010idp"), CLIENT),
        ("StringEquals", AUDIENCE, [CLIENT, "another0client"]),
        ("StringEquals", AUDIENCE, "another0client"),
        ("StringEquals", AUDIENCE, f"${{{AUDIENCE}}}"),
        ("StringEquals", AUDIENCE, []),
        ("StringLike", AUDIENCE, CLIENT),
        ("StringLike", AUDIENCE, "*"),
        ("StringNotEquals", AUDIENCE, "another0client"),
        ("Null", AUDIENCE, "false"),
    ],
)
def test_a_trust_that_takes_tokens_for_others_is_not_proved(operator: str, key: str, values: Any) -> None:
    """Only StringEquals demands that the audience is there and is ours; another key is not there."""
    found = outcome(conditions(web_identity(), _audience(operator, key, values)))
    assert found.of(Claim.SESSIONS)
    assert found.says(f"demand by StringEquals that {AUDIENCE} is a client of the user pool")


def _pool(**changed: Any) -> Callable[[Plan], object]:
    return lambda plan: after(plan, "aws_cognito_user_pool.users").update(changed)


def _client(**changed: Any) -> Callable[[Plan], object]:
    return lambda plan: after(plan, "aws_cognito_user_pool_client.web").update(changed)


def _provider(**changed: Any) -> Callable[[Plan], object]:
    return lambda plan: after(plan, "aws_iam_openid_connect_provider.users").update(changed)


def _another_client(**changed: Any) -> Callable[[Plan], object]:
    attributes = {"id": "second", "user_pool_id": POOL, "write_attributes": ["name"], **changed}
    return lambda plan: added(plan, "aws_cognito_user_pool_client.second", **attributes)


def _without(address: str) -> Callable[[Plan], object]:
    def edit(plan: Plan) -> None:
        plan["resource_changes"] = [each for each in plan["resource_changes"] if each["address"] != address]

    return edit


def _unknown(address: str, *attributes: str) -> Callable[[Plan], object]:
    def edit(plan: Plan) -> None:
        for each in plan["resource_changes"]:
            if each["address"] == address:
                each["change"]["after_unknown"] = dict.fromkeys(attributes, True)
                for name in attributes:
                    each["change"]["after"].pop(name)

    return edit


_TRIGGER = "arn:aws:lambda:eu-central-1:999999999999:function:tags"
_USERS = "aws_cognito_user_pool.users"
_WEB = "aws_cognito_user_pool_client.web"


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (_without("aws_iam_openid_connect_provider.users"), "which is no OIDC provider of the plan"),
        (_without(_USERS), "the issuer of no user pool that the plan knows"),
        (_unknown(_USERS, "endpoint"), "the issuer of no user pool that the plan knows"),
        (_without(_WEB), f"it takes tokens of {CLIENT}, which is no client"),
        (_provider(client_id_list=[CLIENT, "foreign"]), "it takes tokens of foreign, which is no client"),
        (_provider(client_id_list=[]), "it takes tokens of no client at all"),
        (_provider(url="https://accounts.google.com"), "the issuer of no user pool that the plan knows"),
        (_provider(arn=_ELSEWHERE), "which is no OIDC provider of the plan"),
        (_pool(admin_create_user_config=[]), "whoever likes signs up"),
        (_pool(admin_create_user_config=[{"allow_admin_create_user_only": False}]), "whoever likes signs up"),
        (_unknown(_USERS, "admin_create_user_config"), "admin_create_user_config is not known"),
        (_pool(lambda_config=[{"pre_token_generation_config": [{"lambda_arn": _TRIGGER}]}]), "of another account"),
        (_pool(lambda_config=[{"user_migration": _TRIGGER}]), "runs functions of another account"),
        (_client(write_attributes=["name", "custom:tenant"]), "users write 'custom:tenant' themselves"),
        (_client(write_attributes=[]), "which attributes its users write is not said"),
        (_client(write_attributes=None), "which attributes its users write is not said"),
        (_unknown(_WEB, "write_attributes"), "which attributes its users write is not said"),
        (_unknown(_WEB, "id"), "id is not known at plan time"),
        (_unknown(_WEB, "user_pool_id"), "user_pool_id is not known at plan time"),
        (_client(supported_identity_providers=["COGNITO", "Google"]), "what other identity providers write"),
        (_another_client(write_attributes=["custom:tenant"]), "themselves through the client second"),
        (_another_client(write_attributes=None), "which attributes its users write is not said"),
    ],
)
def test_a_pool_in_whose_tokens_others_have_a_say_needs_a_reason(edit: Callable[[Plan], object], says: str) -> None:
    """Nobody but the plan's own pool issues, nobody but its clients gets tokens, and no user writes what tags are."""
    plan = web_identity()
    edit(plan)
    found = outcome(plan)
    assert not found.report.proved
    assert any(says in each.detail for each in found.of(Claim.SESSIONS))


@pytest.mark.parametrize(
    ("attributes", "says"),
    [([], "name them in tag_attributes"), (["tenant"], "has no attribute 'tenant'"), (["name"], "users write 'name'")],
)
def test_the_attributes_that_tags_come_from_must_be_named(attributes: list[str], says: str) -> None:
    """As the user pool calls them: of another name nobody could write it, and the claim would be empty."""
    assert outcome(web_identity(), reasons=reasons(tag_attributes=attributes)).says(says)


@pytest.mark.parametrize(
    ("principal", "says"),
    [
        ({"Federated": PROVIDER, "AWS": _SET_ROLE}, f"trusts {_SET_ROLE}, for which no reason is given"),
        ({"Federated": [PROVIDER, _OTHER_PROVIDER]}, f"trusts {_OTHER_PROVIDER}, which is no OIDC provider"),
        ({"Federated": _ELSEWHERE}, f"trusts {_ELSEWHERE}, which is no OIDC provider of the plan"),
        ({"Federated": _GITHUB}, f"trusts {_GITHUB}, which is no OIDC provider of the plan"),
        ({"Federated": _SAML}, f"trusts {_SAML}, which is no OIDC provider of the plan"),
        ({"Federated": "cognito-identity.amazonaws.com"}, "trusts cognito-identity.amazonaws.com, which is no"),
        ({"Federated": "accounts.google.com"}, "trusts accounts.google.com, which is no OIDC provider"),
        ("*", "trusts *, for which no reason is given"),
        ({"AWS": "*"}, "trusts *, for which no reason is given"),
    ],
)
@pytest.mark.parametrize("statement", [0, 1])
def test_whoever_else_opens_a_session_or_tags_one_needs_a_reason(principal: Any, says: str, statement: int) -> None:
    """Also beside the provider that is explained, and for TagSession alone."""
    plan = trust(web_identity(), lambda statements: statements[statement].update(Principal=principal))
    found = outcome(plan)
    assert any(says in each.detail for each in found.of(Claim.SESSIONS))


def test_a_provider_of_any_name_is_not_understood() -> None:
    """AWS takes no such principal."""
    plan = trust(web_identity(), lambda statements: statements[0].update(Principal={"Federated": "*"}))
    assert not outcome(plan).report.proved


def test_a_token_is_good_for_nothing_else() -> None:
    """What else a provider is given needs a reason."""
    plan = trust(web_identity(), lambda statements: statements[1].update(Action=["sts:TagSession", "sts:SetContext"]))
    assert outcome(plan).says(f"gives {PROVIDER} sts:setcontext")


def test_a_role_that_no_tag_confines_needs_a_reason_for_users_of_the_pool() -> None:
    """What a function may do, a user may not."""
    plan = web_identity()
    text = after(plan, "aws_iam_role.tenant")["assume_role_policy"]
    added(plan, "aws_iam_role.more", name="app-MoreRole", assume_role_policy=text)
    assert outcome(plan).says(f"trusts {PROVIDER}, for which no reason is given")


def test_users_pass_no_session_policy_that_confines_them() -> None:
    """A role that one is to confine gives whoever has a token all that it may do."""
    plan = web_identity()
    role = after(plan, "aws_iam_role.tenant")
    added(plan, "aws_iam_role.more", name="app-TenantPolicyRole", assume_role_policy=role["assume_role_policy"])
    given = reasons(
        federated=[
            {
                "provider": PROVIDER,
                "actions": ["sts:*"],
                "resources": [f"arn:aws:iam::{ACCOUNT}:role/app-TenantPolicyRole"],
                "reason": "somebody thought so",
            }
        ]
    )
    assert outcome(plan, reasons=given).says("passes the session policy that he likes, or none")


def test_a_reason_names_the_provider_and_what_its_tokens_open() -> None:
    """It is counted as waived, and excuses nobody else."""
    known = {
        "provider": _GITHUB,
        "actions": ["sts:AssumeRoleWithWebIdentity"],
        "resources": [f"arn:aws:iam::{ACCOUNT}:role/app-DeployRole"],
        "reason": "deploys from the main branch",
    }
    plan = web_identity()
    statement = {"Effect": "Allow", "Principal": {"Federated": _GITHUB}, "Action": "sts:AssumeRoleWithWebIdentity"}
    added(plan, "aws_iam_role.deploy", name="app-DeployRole", assume_role_policy=policy(statement))
    assert outcome(plan).says(f"trusts {_GITHUB}, for which no reason is given")
    assert outcome(plan, reasons=reasons(federated=[known])).report.proved
    assert outcome(plan, reasons=reasons(federated=[{**known, "provider": _OTHER_PROVIDER}])).of(Claim.SESSIONS)
    assert outcome(plan, reasons=reasons(federated=[{**known, "resources": ["arn:aws:iam::1:role/x"]}])).of(
        Claim.SESSIONS
    )


@pytest.mark.parametrize(
    ("delimiter", "condition"),
    [
        ("#", {}),
        ("#", {"StringLike": {"aws:RequestTag/tenant": "*"}}),
        ("/", {}),
        ("/", {"StringLike": {"aws:RequestTag/tenant": "*"}}),
    ],
)
def test_tags_without_a_grammar_are_ids_of_tenants(delimiter: str, condition: dict[str, Any]) -> None:
    """What no condition keeps out of the tag may hold the delimiter, unless STS takes no such tag."""
    plan = web_identity()
    conditions(plan, lambda each: [each.pop("StringLike"), each.update(condition)])
    tenant = after(plan, "aws_iam_role_policy.tenant")
    tenant["policy"] = tenant["policy"].replace("#*", f"{delimiter}*")
    found = outcome(plan, delimiter=delimiter).of(Claim.OWN_PARTITION)
    assert [each.verdict for each in found] == ([] if delimiter == "#" else [Verdict.REFUTED])
    for each in found:
        assert each.counterexample is not None
        assert each.counterexample.confirmed
        assert "sts:AssumeRoleWithWebIdentity" in each.counterexample.replay[0]


def test_a_session_by_token_has_inherited_no_tag() -> None:
    """Without a tag of its own, it has none; one of an assumed role may have that of the session before it."""
    plan = conditions(web_identity(), lambda each: each.pop("StringLike"))
    trust(plan, lambda statements: statements[0]["Condition"]["StringEquals"].pop("sts:RoleSessionName"))
    statement = allowing(
        "dynamodb:GetItem",
        f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/app",
        Condition={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant, 'acme'}#*"},
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    )
    after(plan, "aws_iam_role_policy.tenant")["policy"] = policy(statement)
    (found,) = outcome(plan).of(Claim.OWN_PARTITION)
    assert found.verdict is Verdict.REFUTED
    assert found.counterexample is not None
    assert found.counterexample.session is None


def _source(operator: str, values: Any) -> Callable[[dict[str, Any]], object]:
    def edit(condition: dict[str, Any]) -> None:
        del condition["StringEquals"]["aws:SourceVpce"]
        condition.setdefault(operator, {})["aws:SourceVpce"] = values

    return edit


_FOREIGN = "vpce-0123456789abcdef0"


@pytest.mark.parametrize(
    ("operator", "values"),
    [
        ("StringLike", "*"),
        ("StringLike", "vpce-*"),
        ("StringLike", ENDPOINT[:-1] + "?"),
        ("StringEqualsIfExists", ENDPOINT),
        ("StringEquals", _FOREIGN),
        ("StringEquals", [ENDPOINT, _FOREIGN]),
        ("StringNotEquals", _FOREIGN),
        ("ForAllValues:StringEquals", ENDPOINT),
        ("Null", "false"),
    ],
)
def test_a_token_that_opens_a_session_from_elsewhere_is_a_finding(operator: str, values: Any) -> None:
    """The evaluator opens the session: without an endpoint, or through another's."""
    found = outcome(conditions(web_identity(), _source(operator, values))).of(Claim.FROM_INSIDE)
    assert len(found) == 1
    assert f"whoever holds a token of {PROVIDER} opens the session from anywhere" in found[0].detail
    guessed = values != f"{ENDPOINT[:-1]}?"  # of sixteen ids, none is tried
    assert found[0].verdict is (Verdict.REFUTED if guessed else Verdict.NOT_PROVED)


def test_a_token_that_opens_a_session_from_anywhere_is_refuted() -> None:
    """Without any condition; the counterexample names the role."""
    plan = conditions(web_identity(), lambda each: each["StringEquals"].pop("aws:SourceVpce"))
    found = outcome(plan)
    (finding,) = found.of(Claim.FROM_INSIDE)
    assert finding.verdict is Verdict.REFUTED
    who = f"whoever holds a token of {PROVIDER}"
    assert (
        f"counterexample: {who} may sts:AssumeRoleWithWebIdentity arn:aws:iam::{ACCOUNT}:role/app-TenantRole\n"
        in found.text
    )


@pytest.mark.parametrize("kept", [0, 1])
def test_the_statement_that_opens_must_name_the_endpoint(kept: int) -> None:
    """A session without tags passes no statement about tags."""
    plan = trust(web_identity(), lambda s: s[1 - kept]["Condition"]["StringEquals"].pop("aws:SourceVpce"))
    assert bool(outcome(plan).of(Claim.FROM_INSIDE)) is (kept == 1)


@pytest.mark.parametrize(
    ("changed", "proves"),
    [
        ({"service_name": "com.amazonaws.eu-central-1.dynamodb"}, False),
        ({"service_name": "com.amazonaws.eu-central-1.sts"}, True),
        ({"id": _FOREIGN}, False),
    ],
)
def test_the_endpoint_is_one_of_sts(changed: dict[str, str], proves: bool) -> None:  # noqa: FBT001
    """Of the plan, and by the id that AWS drew."""
    plan = web_identity()
    after(plan, "aws_vpc_endpoint.sts").update(changed)
    assert (not outcome(plan).of(Claim.FROM_INSIDE)) is proves


def test_an_endpoint_may_be_named_that_the_plan_does_not_make() -> None:
    """As that of a stage on one machine."""
    plan = conditions(web_identity(), _source("StringEquals", _FOREIGN))
    assert outcome(plan, reasons=reasons(sts_endpoints={_FOREIGN: "the local stage's listener"})).report.proved


def test_a_stage_without_a_network_is_waived_by_name() -> None:
    """Its reason stands in the report, beside what is given up."""
    plan = conditions(web_identity(), lambda each: each["StringEquals"].pop("aws:SourceVpce"))
    waived = outcome(plan, reasons=reasons(sessions_from_anywhere={"*-TenantRole": "a stage without a network"}))
    assert waived.report.proved
    assert "opens the session from anywhere: a stage without a network" in waived.text
    assert outcome(plan, reasons=reasons(sessions_from_anywhere={"other": "x"})).of(Claim.FROM_INSIDE)


def test_the_command_takes_attributes_and_endpoints(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """As options, for a plan without a file of reasons for them."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(conditions(web_identity(), _source("StringEquals", _FOREIGN))))
    options = [str(path), "--reasons", str(REASONS), "--tag-attribute", "custom:tenant"]
    assert main(options) == 1
    assert main([*options, "--sts-endpoint", _FOREIGN]) == 0
    with pytest.raises(SystemExit):
        main([*options, "--sts-endpoint", "vpce-*"])
    assert "is no id of a VPC endpoint" in capsys.readouterr().err
    assert main([str(PLANS / "web_identity.json"), "--reasons", str(REASONS)]) == 1


def test_a_first_plan_names_the_provider_by_the_account() -> None:
    """Its ARN is known only after the apply, and is made of the account and the URL."""
    plan = web_identity()
    _unknown("aws_iam_openid_connect_provider.users", "arn", "id")(plan)
    assert outcome(plan).report.proved
    elsewhere = trust(plan, lambda s: [each.update(Principal={"Federated": _ELSEWHERE}) for each in s])
    assert outcome(elsewhere).of(Claim.SESSIONS)
