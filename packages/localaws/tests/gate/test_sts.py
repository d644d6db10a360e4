"""STS behind the gate: who may assume what, as what, and what the session may do then."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import (
    EVERYTHING,
    Account,
    policy,
    session_arn,
    statement,
    tagged,
    trust,
    user_arn,
)

TAGGING = ["sts:AssumeRole", "sts:TagSession"]
ASSUMING = policy(statement(TAGGING))
GET = policy(statement("dynamodb:GetItem"))


def test_a_trust_policy_that_names_the_user_suffices(account: Account) -> None:
    """Without any policy of the user's; somebody else is refused in STS's words."""
    named, other = account.user("named"), account.user("other")
    arn = account.role("Reader", trust(user_arn("named")))

    assert account.assume(named, arn).status == 200
    refused = account.assume(other, arn)
    assert (refused.status, refused.code) == (403, "AccessDenied")
    assert refused.message.startswith(f"User: {user_arn('other')} is not authorized to perform: sts:AssumeRole on")


def test_a_trust_policy_that_names_the_account_leaves_it_to_the_users_policies(account: Account) -> None:
    """Both must allow then."""
    allowed, other = account.user("allowed", ASSUMING), account.user("other")
    arn = account.role("Reader", trust(f"arn:aws:iam::{ACCOUNT_ID}:root"))

    assert account.assume(allowed, arn).status == 200
    assert account.assume(other, arn).code == "AccessDenied"


def test_a_policy_alone_assumes_no_role_that_does_not_trust(account: Account) -> None:
    """Not even an administrator's."""
    arn = account.role("Reader", trust(user_arn("nobody-yet")))
    refused = account.assume(account.operator, arn)

    assert refused.code == "AccessDenied"
    assert "role trust policy allows the sts:AssumeRole action" in refused.message


def test_an_explicit_deny_of_the_caller_wins_over_trust(account: Account) -> None:
    """It is named."""
    denied = account.user("denied", policy(statement("sts:*", effect="Deny")))
    arn = account.role("Reader", trust(user_arn("denied")))

    assert "with an explicit deny in an identity-based policy" in account.assume(denied, arn).message


def test_a_service_principal_is_no_user(account: Account) -> None:
    """A role that trusts a service is assumed by nobody who signs requests."""
    trusting = policy({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})
    arn = account.role("Function", trusting)

    assert account.assume(account.operator, arn).code == "AccessDenied"


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT_ID}:role/Absent",
        f"arn:aws:iam::{ACCOUNT_ID}:role/path/Reader",
        "arn:aws:iam::210987654321:role/Reader",
        f"arn:aws-cn:iam::{ACCOUNT_ID}:role/Reader",
        f"arn:aws:iam::{ACCOUNT_ID}:role/Reader/",
        f"arn:aws:iam::{ACCOUNT_ID}:role/reader",
    ],
)
def test_a_role_that_is_not_there_is_refused_as_one_that_does_not_trust(account: Account, arn: str) -> None:
    """AWS tells nobody which roles there are; the refusal is recorded."""
    account.role("Reader", trust(user_arn("operator")))

    refused = account.assume(account.operator, arn)

    assert refused.code == "AccessDenied"
    (recorded,) = account.decisions(refused)
    assert (recorded["action"], recorded["resource"]) == ("sts:AssumeRole", arn)
    assert recorded["decision"] == "ImplicitlyDenied"


def test_tags_need_tag_session_from_trust_and_caller(account: Account) -> None:
    """Each refuses on its own when it lacks it; without tags nobody needs it."""
    both = account.user("both", ASSUMING)
    half = account.user("half", policy(statement("sts:AssumeRole")))
    root = f"arn:aws:iam::{ACCOUNT_ID}:root"
    taggable = account.role("Taggable", trust(root, action=TAGGING))
    plain = account.role("Plain", trust(root))

    assert account.assume(both, taggable, Tags=tagged(tenant="acme")).status == 200
    for key, arn in ((half, taggable), (both, plain)):
        refused = account.assume(key, arn, Tags=tagged(tenant="acme"))
        assert "is not authorized to perform: sts:TagSession on resource" in refused.message
        assert account.assume(key, arn).status == 200


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        pytest.param(
            {"StringEquals": {"sts:ExternalId": "secret-1"}},
            [{"ExternalId": "secret-1"}],
            [{}, {"ExternalId": "secret-2"}, {"ExternalId": "SECRET-1"}],
            id="external id",
        ),
        pytest.param(
            {"StringLike": {"sts:RoleSessionName": "${aws:username}"}},
            [{"RoleSessionName": "broker"}],
            [{"RoleSessionName": "other"}],
            id="session name",
        ),
        pytest.param(
            {"StringEquals": {"aws:RequestTag/tenant": "acme"}},
            [{"Tags": tagged(tenant="acme")}],
            [{}, {"Tags": tagged(tenant="globex")}, {"Tags": tagged(other="acme")}],
            id="a tag's value",
        ),
        pytest.param(
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]}, "Null": {"aws:TagKeys": "false"}},
            [{"Tags": tagged(tenant="acme")}],
            [{}, {"Tags": tagged(tenant="acme", role="admin")}, {"Tags": tagged(Tenant="acme")}],
            id="the tags' keys",
        ),
        pytest.param(
            {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "tenant"}},
            [{"Tags": tagged(tenant="acme"), "TransitiveTagKeys": ["tenant"]}],
            [{}, {"Tags": tagged(tenant="acme")}],
            id="transitive keys",
        ),
        pytest.param(
            {"StringEquals": {"aws:PrincipalTag/team": "${aws:RequestTag/team}"}},
            [{"Tags": tagged(team="red")}],
            [{}, {"Tags": tagged(team="blue")}],
            id="the caller's own tag",
        ),
        pytest.param({"Bool": {"aws:PrincipalIsAWSService": "false"}}, [{}], [], id="no service"),
        pytest.param({"StringEquals": {"aws:ResourceTag/env": "test"}}, [{}], [], id="the role's tag"),
        pytest.param({"StringEquals": {"aws:ResourceTag/env": "prod"}}, [], [{}], id="another tag of the role"),
    ],
)
def test_a_trust_policys_conditions_see_the_request(
    account: Account, condition: dict[str, Any], good: list[dict[str, Any]], bad: list[dict[str, Any]]
) -> None:
    """Each refused call beside an allowed one."""
    broker = account.user("broker", Tags=tagged(team="red"))
    arn = account.role(
        "Reader", trust(user_arn("broker"), action=TAGGING, Condition=condition), Tags=tagged(env="test")
    )

    for parameters in good:
        assert account.assume(broker, arn, **parameters).status == 200, parameters
    for parameters in bad:
        assert account.assume(broker, arn, **parameters).code == "AccessDenied", parameters


def test_the_tags_of_a_session_are_its_principals_tags(account: Account) -> None:
    """Conditions and variables see them, and the record shows them."""
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant}#*"}}
    own["Null"] = {"dynamodb:LeadingKeys": "false"}
    account.create_table()
    arn = account.role(
        "TenantRole", trust(user_arn("operator"), action=TAGGING), policy(statement("dynamodb:*", Condition=own))
    )
    acme = account.session(account.operator, arn, Tags=tagged(tenant="acme"))
    untagged = account.session(account.operator, arn)

    assert account.get_item(acme, "acme#1").status == 200
    for key, partition in ((acme, "globex#1"), (acme, "acme-eu#1"), (untagged, "acme#1"), (untagged, "#1")):
        assert account.get_item(key, partition).code == "AccessDeniedException"
    (recorded,) = account.decisions(account.get_item(acme, "globex#1"))
    assert recorded["tags"] == {"tenant": "acme"}
    assert recorded["principal"] == session_arn("TenantRole")


def test_a_session_policy_takes_away_and_gives_nothing(account: Account) -> None:
    """Inline or by ARN, of several their union, always intersected with the role's own."""
    account.create_table()
    arn = account.role(
        "Reader", trust(user_arn("operator")), policy(statement(["dynamodb:GetItem", "dynamodb:PutItem"]))
    )
    item = {"TableName": "items", "Item": {"pk": {"S": "acme#1"}}}
    managed = account.managed_policy("put", policy(statement("dynamodb:PutItem")))
    reads = {"Policy": json.dumps(GET)}
    writes = {"PolicyArns": [{"arn": managed}]}
    widening = {"Policy": json.dumps(EVERYTHING)}

    for parameters, get, put in (
        ({}, True, True),
        (reads, True, False),
        (writes, False, True),
        (reads | writes, True, True),
        (widening, True, True),
    ):
        session = account.session(account.operator, arn, **parameters)
        assert (account.get_item(session).status == 200) is get
        assert (account.call(session, "dynamodb", "PutItem", item).status == 200) is put
        assert account.call(session, "dynamodb", "ListTables").code == "AccessDeniedException"
    refused = account.call(account.session(account.operator, arn, **reads), "dynamodb", "PutItem", item)
    assert "because no session policy allows the dynamodb:PutItem action" in refused.message


def test_a_deny_in_a_session_policy_is_an_explicit_one(account: Account) -> None:
    """Over what policy and session policy allow."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    denying = policy(statement("*"), statement("dynamodb:GetItem", effect="Deny"))

    session = account.session(account.operator, arn, Policy=json.dumps(denying))

    assert "with an explicit deny in a session policy" in account.get_item(session).message


def test_a_malformed_session_policy_opens_no_session(account: Account) -> None:
    """STS answers by code; the caller learns what is wrong."""
    arn = account.role("Reader", trust(user_arn("operator")))

    refused = account.assume(account.operator, arn, Policy='{"Statement": []}')

    assert (refused.status, refused.code) == (400, "MalformedPolicyDocument")
    assert "Statement" in refused.message


def test_a_chain_inherits_what_is_transitive_for_an_hour_at_most(account: Account) -> None:
    """Through two roles; the tenant cannot be changed on the way."""
    first = account.role("First", trust(user_arn("operator"), action=TAGGING), ASSUMING)
    second = account.role(
        "Second", trust(f"arn:aws:iam::{ACCOUNT_ID}:role/First", action=TAGGING), GET, MaxSessionDuration=43200
    )
    account.create_table()
    session = account.session(
        account.operator, first, Tags=tagged(tenant="acme", role="admin"), TransitiveTagKeys=["tenant"]
    )

    assert account.assume(session, second, Tags=tagged(tenant="globex")).code == "InvalidParameterValue"
    assert account.assume(session, second, Tags=tagged(TENANT="globex")).code == "InvalidParameterValue"
    assert account.assume(session, second, DurationSeconds=3601).code == "ValidationError"
    chained = account.session(session, second, Tags=tagged(role="viewer"), DurationSeconds=3600)
    (recorded,) = account.decisions(account.get_item(chained))
    assert recorded["tags"] == {"tenant": "acme", "role": "viewer"}
    assert account.assume(account.operator, second).code == "AccessDenied"


def test_an_inherited_tag_needs_tag_session_of_the_next_role(account: Account) -> None:
    """The narrower reading of what AWS does not document; without inherited tags the same role opens."""
    first = account.role("First", trust(user_arn("operator"), action=TAGGING), ASSUMING)
    second = account.role("Second", trust(f"arn:aws:iam::{ACCOUNT_ID}:role/First"))
    tags = {"Tags": tagged(tenant="acme")}
    inheriting = account.session(account.operator, first, TransitiveTagKeys=["tenant"], **tags)

    assert "perform: sts:TagSession" in account.assume(inheriting, second).message
    assert account.assume(account.session(account.operator, first, **tags), second).status == 200


def test_a_changed_trust_policy_counts_at_once(account: Account) -> None:
    """For new sessions; those that are open stay open."""
    account.create_table()
    arn = account.role("Reader", trust(user_arn("operator")), GET)
    session = account.session(account.operator, arn)

    account.administer(
        "iam", "UpdateAssumeRolePolicy", RoleName="Reader", PolicyDocument=json.dumps(trust(user_arn("somebody")))
    )

    assert account.assume(account.operator, arn).code == "AccessDenied"
    assert account.get_item(session).status == 200


def test_the_answer_says_who_was_assumed_and_until_when(account: Account) -> None:
    """As an SDK reads it; the times are those of the gate's clock."""
    arn = account.role("Reader", trust(user_arn("operator")), Path="/app/")
    answer = account.assume(account.operator, arn, RoleSessionName="a=b,c.d@e-f", DurationSeconds=900)

    assert answer.headers["content-type"] == "text/xml"
    assert answer.element("RequestId") == answer.request_id
    assert answer.element("Arn") == session_arn("Reader", "a=b,c.d@e-f")
    assert answer.element("AssumedRoleId").endswith(":a=b,c.d@e-f")
    assert answer.element("Expiration") == "2026-05-17T12:15:00Z"


def test_everybody_may_ask_who_they_are(account: Account) -> None:
    """Also whom everything is denied; users and sessions."""
    denied = account.user("denied", policy(statement("*", effect="Deny")))
    arn = account.role("Reader", trust(user_arn("operator")))

    answers = [
        account.call(key, "sts", "GetCallerIdentity", {}) for key in (denied, account.session(account.operator, arn))
    ]

    assert [answer.element("Arn") for answer in answers] == [user_arn("denied"), session_arn("Reader")]
    assert {answer.element("Account") for answer in answers} == {ACCOUNT_ID}
    assert answers[1].element("UserId").endswith(":session")


@pytest.mark.parametrize(
    "operation",
    [
        *("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken", "AssumeRoot"),
        *("assumerole", "AssumeRole ", "getCallerIdentity", "DecodeAuthorizationMessage", "X" * 5000, "<a>&"),
    ],
)
def test_no_other_operation_of_sts_is_offered(account: Account, operation: str) -> None:
    """Not to an administrator either: moto would vend sessions that the gate knows nothing of."""
    account.emulator.reached.clear()

    answer = account.call(account.operator, "sts", operation, {})

    assert (answer.status, answer.code) == (403, "AccessDenied")
    assert account.emulator.reached == []


def test_a_call_of_sts_without_an_action_is_malformed(account: Account) -> None:
    """So is one whose parameters come twice or from two places."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path, body, code in (
        ("/", b"Version=2011-06-15", "MissingAction"),
        ("/", b"Action=GetCallerIdentity&Action=AssumeRole", "MalformedQueryString"),
        ("/?Action=AssumeRole", b"Action=GetCallerIdentity", "MalformedQueryString"),
        ("/", b'{"Action": "GetCallerIdentity"}', "MalformedQueryString"),
    ):
        wire = account.signed(account.operator, "sts", headers=form, path=path, body=body)
        assert account.answer(wire.environ()).code == code


def test_a_call_of_sts_may_be_in_the_url(account: Account) -> None:
    """As presigned calls of GetCallerIdentity are."""
    wire = account.signed(account.operator, "sts", method="GET", path="/?Action=GetCallerIdentity&Version=2011-06-15")
    assert account.answer(wire.environ()).element("Arn") == user_arn("operator")
