"""AssumeRoleWithWebIdentity: what the role's trust policy decides, and what the session may do that opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from bulkhead_localaws.protocol.requests import VPC_ENDPOINT
from localaws_testing.account import Account, policy, session_arn, statement, tagged, trust
from localaws_testing.issuers import CLIENT_ID, SOURCE_IDENTITY, TAGS, Issuer, principal_tags, source_identity
from localaws_testing.signed_requests import HOST, WireRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CALL = "sts:AssumeRoleWithWebIdentity"
TAGGING = [CALL, "sts:TagSession"]
ALL = [*TAGGING, "sts:SetSourceIdentity"]
REFUSED = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
ENDPOINT = "vpce-0123456789abcdef0"
FLAT = f"{TAGS}/principal_tags/"
READ = policy(statement(["dynamodb:GetItem", "dynamodb:PutItem"]))


@pytest.fixture
def issuer(account: Account, tmp_path: Path) -> Issuer:
    """Return an issuer that the account knows."""
    issuer = Issuer(tmp_path)
    issuer.register(account)
    return issuer


def role(account: Account, *policies: Mapping[str, Any], name: str = "Reader", **trusted: Any) -> str:
    """Create a role that trusts the issuer, for all actions unless told otherwise, and return its ARN."""
    provider = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/idp.example.com/pool"
    whole = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": ALL, **trusted}
    return account.role(name, policy(whole), *policies, Tags=tagged(env="test"), MaxSessionDuration=7200)


def actions(account: Account, answer: Any) -> list[tuple[str, str]]:
    """Return what was decided about a request."""
    return [(each["action"], each["decision"]) for each in account.decisions(answer)]


@pytest.mark.parametrize(
    "principal",
    [
        pytest.param("*", id="everybody"),
        pytest.param({"AWS": "*"}, id="every principal of AWS"),
        pytest.param({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, id="the account"),
        pytest.param({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:user/operator"}, id="a user"),
        pytest.param({"Service": "lambda.amazonaws.com"}, id="a service"),
        pytest.param({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/idp.example.com"}, id="another provider"),
        pytest.param({"Federated": f"arn:aws:iam::{ACCOUNT_ID}:saml-provider/pool"}, id="a provider of another kind"),
        pytest.param({"Federated": "accounts.google.com"}, id="a provider that IAM has built in"),
    ],
)
def test_only_trust_in_the_provider_opens_the_role(account: Account, issuer: Issuer, principal: object) -> None:
    """STS says no more than that; the record has the rest."""
    trusting, other = role(account, name="Trusting"), role(account, name="Other", Principal=principal)

    assert account.assume_with_token(issuer.token(), trusting).status == 200
    refused = account.assume_with_token(issuer.token(), other)

    assert (refused.status, refused.code, refused.message) == (403, "AccessDenied", REFUSED)
    (recorded,) = account.decisions(refused)
    assert recorded["decision"] == "ImplicitlyDenied"
    assert (recorded["action"], recorded["resource"], recorded["policy_kind"]) == (CALL, other, "trust")
    assert recorded["principal"] == f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/idp.example.com/pool"
    assert recorded["context"]["idp.example.com/pool:sub"] == "user-ann"


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT_ID}:role/Absent", f"arn:aws:iam::{ACCOUNT_ID}:role/x/Reader"])
def test_a_role_that_is_not_there_is_refused_like_one_that_does_not_trust(
    account: Account, issuer: Issuer, arn: str
) -> None:
    """And recorded."""
    role(account)

    refused = account.assume_with_token(issuer.token(), arn)

    assert (refused.status, refused.message) == (403, REFUSED)
    assert actions(account, refused) == [(CALL, "ImplicitlyDenied")]


def test_an_action_of_users_does_not_open_it(account: Account, issuer: Issuer) -> None:
    """sts:AssumeRole is another operation."""
    assert account.assume_with_token(issuer.token(), role(account, Action="sts:AssumeRole")).code == "AccessDenied"


TENANT = principal_tags(tenant="acme", role="member")


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        pytest.param(
            {"StringEquals": {"idp.example.com/pool:aud": CLIENT_ID}},
            [{}],
            [{"azp": "second", "aud": "second"}],
            id="aud",
        ),
        pytest.param({"StringEquals": {"idp.example.com/pool:sub": "user-ann"}}, [{}], [{"sub": "user-bob"}], id="sub"),
        pytest.param(
            {"ForAnyValue:StringEquals": {"idp.example.com/pool:amr": "mfa"}},
            [{"amr": ["pwd", "mfa"]}, {"amr": "mfa"}],
            [{}, {"amr": ["pwd"]}],
            id="amr",
        ),
        pytest.param(
            {"StringEquals": {"idp.example.com:aud": CLIENT_ID}}, [], [{}], id="a key of another provider is not there"
        ),
        pytest.param(
            {"StringEquals": {"idp.example.com/pool:name": "Ann"}}, [], [{"name": "Ann"}], id="no other claim"
        ),
        pytest.param(
            {"StringEquals": {"aws:RequestTag/tenant": "acme"}},
            [TENANT],
            [{}, principal_tags(tenant="globex"), principal_tags(other="acme")],
            id="a tag's value",
        ),
        pytest.param(
            {"ForAllValues:StringEquals": {"aws:TagKeys": ["tenant", "role"]}, "Null": {"aws:TagKeys": "false"}},
            [TENANT],
            [{}, principal_tags(tenant="acme", extra="x")],
            id="the tags' keys",
        ),
        pytest.param(
            {"Null": {"sts:TransitiveTagKeys": "true"}},
            [{}, TENANT],
            [{TAGS: {**TENANT[TAGS], "transitive_tag_keys": ["tenant"]}}],
            id="no transitive keys",
        ),
        pytest.param({"StringEquals": {"aws:ResourceTag/env": "test"}}, [{}], [], id="the role's tag"),
        pytest.param({"StringEquals": {"aws:ResourceTag/env": "prod"}}, [], [{}], id="another tag of the role"),
        pytest.param({"Null": {"aws:PrincipalArn": "true"}}, [{}], [], id="no principal's ARN"),
        pytest.param(
            {"Null": {"aws:FederatedProvider": "false"}}, [], [{}], id="no provider before there is a session"
        ),
        pytest.param({"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}, [{}], [], id="the provider's account"),
        pytest.param({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, [{}], [], id="where it comes from"),
        pytest.param({"DateLessThan": {"aws:CurrentTime": "2026-05-17T12:00:01Z"}}, [{}], [], id="before"),
        pytest.param({"DateGreaterThan": {"aws:CurrentTime": "2026-05-17T12:00:00Z"}}, [], [{}], id="after"),
        pytest.param({"Bool": {"aws:SecureTransport": "true"}}, [], [{}], id="not encrypted"),
    ],
)
def test_a_trust_policys_conditions_see_the_token(
    account: Account,
    tmp_path: Path,
    condition: dict[str, Any],
    good: list[dict[str, Any]],
    bad: list[dict[str, Any]],
) -> None:
    """Also for tags; each refused token beside an allowed one."""
    issuer = Issuer(tmp_path)
    issuer.register(account, CLIENT_ID, "second")
    arn = role(account, Condition=condition)

    for claims in good:
        assert account.assume_with_token(issuer.token(**claims), arn).status == 200, claims
    for claims in bad:
        assert account.assume_with_token(issuer.token(**claims), arn).message == REFUSED, claims


def test_the_name_of_the_session_is_the_operations_alone(account: Account, issuer: Issuer) -> None:
    """sts:TagSession has none, as the Service Authorization Reference lists its keys: a condition on it refuses."""
    named = {"StringEquals": {"sts:RoleSessionName": "${aws:RequestTag/tenant}.${aws:RequestTag/role}"}}
    one = role(account, name="One", Condition=named)
    account.role(
        "Two",
        policy(
            {"Effect": "Allow", "Principal": {"Federated": provider_of(issuer)}, "Action": CALL, "Condition": named},
            {"Effect": "Allow", "Principal": {"Federated": provider_of(issuer)}, "Action": "sts:TagSession"},
        ),
    )
    two = f"arn:aws:iam::{ACCOUNT_ID}:role/Two"

    refused = account.assume_with_token(issuer.token(**TENANT), one, RoleSessionName="acme.member")
    assert actions(account, refused) == [(CALL, "Allowed"), ("sts:TagSession", "ImplicitlyDenied")]
    assert account.assume_with_token(issuer.token(**TENANT), two, RoleSessionName="acme.member").status == 200
    assert account.assume_with_token(issuer.token(**TENANT), two, RoleSessionName="globex.member").message == REFUSED
    assert account.assume_with_token(issuer.token(), two, RoleSessionName="acme.member").message == REFUSED


def provider_of(issuer: Issuer) -> str:
    """Return the ARN of the issuer's provider."""
    return f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{issuer.name}"


@pytest.mark.parametrize(
    ("claims", "action"),
    [(TENANT, "sts:TagSession"), ({SOURCE_IDENTITY: "user-ann"}, "sts:SetSourceIdentity")],
)
def test_what_a_token_sets_needs_an_action_of_its_own(
    account: Account, issuer: Issuer, claims: dict[str, Any], action: str
) -> None:
    """Without it in the trust policy nothing opens; a token that sets nothing needs none."""
    bare = role(account, name="Bare", Action=CALL)
    with_it = role(account, name="WithIt", Action=[CALL, action])

    refused = account.assume_with_token(issuer.token(**claims), bare)

    assert refused.message == REFUSED
    assert actions(account, refused) == [(CALL, "Allowed"), (action, "ImplicitlyDenied")]
    assert account.assume_with_token(issuer.token(**claims), with_it).status == 200
    assert actions(account, account.assume_with_token(issuer.token(), bare)) == [(CALL, "Allowed")]


@pytest.mark.parametrize(
    "claims",
    [
        principal_tags(tenant="acme"),
        {f"{FLAT}tenant": "acme"},
        {f"{FLAT}tenant": "acme", f"{TAGS}/transitive_tag_keys": []},
    ],
)
def test_the_tags_of_a_token_are_those_of_its_session(account: Account, issuer: Issuer, claims: dict[str, Any]) -> None:
    """In both forms; conditions and variables see them."""
    own = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": "${aws:PrincipalTag/tenant}#*"}}
    own["Null"] = {"dynamodb:LeadingKeys": "false"}
    account.create_table()
    arn = role(account, policy(statement("dynamodb:*", Condition=own)))
    acme, untagged = account.token_session(issuer.token(**claims), arn), account.token_session(issuer.token(), arn)

    assert account.get_item(acme, "acme#1").status == 200
    for key, partition in ((acme, "globex#1"), (acme, "acme-eu#1"), (untagged, "acme#1"), (untagged, "#1")):
        assert account.get_item(key, partition).code == "AccessDeniedException"


WRONG_TAGS = {
    "two values for one tag": principal_tags(tenant="acme")
    | {TAGS: {"principal_tags": {"tenant": ["acme", "globex"]}}},
    "no value for a tag": {TAGS: {"principal_tags": {"tenant": []}}},
    "a bare string in the nested form": {TAGS: {"principal_tags": {"tenant": "acme"}}},
    "a number": {TAGS: {"principal_tags": {"tenant": [7]}}},
    "a list in the flattened form": {f"{FLAT}tenant": ["acme"]},
    "a character that STS does not take": principal_tags(tenant="acme#globex"),
    "a wildcard": principal_tags(tenant="*"),
    "a value that is too long": principal_tags(tenant="v" * 257),
    "a key of AWS": {TAGS: {"principal_tags": {"aws:tenant": ["acme"]}}},
    "a key without a name": {f"{FLAT}": "acme"},
    "one key in two cases": principal_tags(tenant="acme", Tenant="globex"),
    "more than fifty": {TAGS: {"principal_tags": {f"k{n}": ["v"] for n in range(51)}}},
    "both forms at once": {**principal_tags(tenant="acme"), f"{FLAT}role": "admin"},
    "transitive keys of the other form": {**principal_tags(a="b"), f"{TAGS}/transitive_tag_keys": ["a"]},
    "a transitive key without its tag": {TAGS: {"principal_tags": {"a": ["b"]}, "transitive_tag_keys": ["c"]}},
    "a transitive key that is no string": {TAGS: {"principal_tags": {"a": ["b"]}, "transitive_tag_keys": [1]}},
    "transitive keys that are no list": {TAGS: {"principal_tags": {"a": ["b"]}, "transitive_tag_keys": "a"}},
    "tags that are no object": {TAGS: {"principal_tags": ["a"]}},
    "a claim that is no object": {TAGS: "tenant=acme"},
    "an unknown member": {TAGS: {"principal_tags": {"a": ["b"]}, "other": []}},
    "an unknown claim of AWS": {"https://aws.amazon.com/roles": ["arn:aws:iam::123456789012:role/Other"]},
    "a source identity that is too short": {SOURCE_IDENTITY: "a"},
    "a source identity with a space": {SOURCE_IDENTITY: "user ann"},
    "a source identity of AWS": {SOURCE_IDENTITY: "aws:ann"},
    "a list of source identities": {SOURCE_IDENTITY: ["user-ann"]},
}


@pytest.mark.parametrize("what", WRONG_TAGS)
def test_a_claim_of_aws_that_sts_does_not_take_opens_nothing(account: Account, issuer: Issuer, what: str) -> None:
    """IDPRejectedClaim: never a session with fewer tags than the token has."""
    answer = account.assume_with_token(issuer.token(**WRONG_TAGS[what]), role(account))

    assert (answer.status, answer.code) == (403, "IDPRejectedClaim"), answer.text


def test_the_session_knows_its_provider_and_its_source_identity(account: Account, issuer: Issuer) -> None:
    """To conditions of its own policies; a session of a user knows neither."""
    prefix = issuer.name
    condition = {
        "StringEquals": {
            "aws:FederatedProvider": provider_of(issuer),
            "aws:SourceIdentity": "user-ann",
            "aws:PrincipalType": "AssumedRole",
            f"{prefix}:sub": "user-ann",
            f"{prefix}:aud": CLIENT_ID,
        }
    }
    account.create_table()
    arn = role(account, policy(statement("dynamodb:GetItem", Condition=condition)))
    token = issuer.token(**source_identity("user-ann"))

    answer = account.assume_with_token(token, arn)
    assert answer.element("SourceIdentity") == "user-ann"
    assert account.get_item(account.token_session(token, arn)).status == 200
    assert account.get_item(account.token_session(issuer.token(), arn)).code == "AccessDeniedException"
    bob = issuer.token(sub="user-bob", **source_identity("user-ann"))
    assert account.get_item(account.token_session(bob, arn)).code == "AccessDeniedException"


def test_a_trust_policy_lets_a_token_name_its_own_user_only(account: Account, issuer: Issuer) -> None:
    """Whoever puts the source identity into the token: a variable of the policy stands for the token's subject."""
    own = {"StringEquals": {"sts:SourceIdentity": f"${{{issuer.name}:sub}}"}}
    provider = {"Effect": "Allow", "Principal": {"Federated": provider_of(issuer)}}
    trusted = policy(provider | {"Action": CALL}, provider | {"Action": "sts:SetSourceIdentity", "Condition": own})
    arn = account.role("OwnUser", trusted)

    answer = account.assume_with_token(issuer.token(**source_identity("user-ann")), arn)
    refused = account.assume_with_token(issuer.token(**source_identity("user-bob")), arn)

    assert answer.element("SourceIdentity") == "user-ann"
    assert refused.message == REFUSED
    assert actions(account, refused) == [(CALL, "Allowed"), ("sts:SetSourceIdentity", "ImplicitlyDenied")]


def test_a_chain_keeps_source_identity_and_transitive_tags_and_loses_the_provider(
    account: Account, issuer: Issuer
) -> None:
    """For an hour at most; the next role must allow both, and the provider did not vouch for the next session."""
    first = role(account, policy(statement("sts:*")), name="First")
    chain = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    first_arn = f"arn:aws:iam::{ACCOUNT_ID}:role/First"
    seen = {"StringEquals": {"aws:SourceIdentity": "user-ann"}, "Null": {"aws:FederatedProvider": "true"}}
    reads = policy(statement("dynamodb:GetItem", Condition=seen))
    second = account.role("Second", trust(first_arn, action=chain), reads, MaxSessionDuration=7200)
    bare = account.role("Bare", trust(first_arn, action=chain[:2]))
    tags = {TAGS: {"principal_tags": {"tenant": ["acme"], "role": ["member"]}, "transitive_tag_keys": ["tenant"]}}
    account.create_table()

    session = account.token_session(issuer.token(**tags, **source_identity("user-ann")), first)

    chained = account.session(session, second)
    answer = account.get_item(chained)
    assert answer.status == 200
    assert account.decisions(answer)[0]["tags"] == {"tenant": "acme"}
    assert account.assume(session, second, DurationSeconds=3601).code == "ValidationError"
    assert account.assume(session, second, SourceIdentity="user-bob").code == "InvalidParameterValue"
    assert "perform: sts:SetSourceIdentity" in account.assume(session, bare).message


def test_a_provider_may_be_trusted_with_the_next_session_as_well(account: Account, issuer: Issuer) -> None:
    """`Federated` names the sessions that it opened, and no others."""
    first = role(account, name="First")
    second = role(account, name="Second", Action="sts:AssumeRole")
    plain = account.role("Plain", trust(f"arn:aws:iam::{ACCOUNT_ID}:user/operator"))

    assert account.assume(account.token_session(issuer.token(), first), second).status == 200
    assert account.assume(account.session(account.operator, plain), second).code == "AccessDenied"


@pytest.mark.parametrize(
    ("seconds", "code"), [(899, "ValidationError"), (900, ""), (7200, ""), (7201, "ValidationError")]
)
def test_a_session_lasts_as_long_as_the_role_allows(account: Account, issuer: Issuer, seconds: int, code: str) -> None:
    """More than the hour of role chaining, and more than its token."""
    answer = account.assume_with_token(issuer.token(), role(account), DurationSeconds=seconds)

    assert answer.code == code
    assert (answer.element("Expiration") == "2026-05-17T14:00:00Z") is (seconds == 7200)


def test_a_session_policy_takes_away_and_gives_nothing(account: Account, issuer: Issuer) -> None:
    """As for any session."""
    account.create_table()
    arn = role(account, READ)
    item = {"TableName": "items", "Item": {"pk": {"S": "acme#1"}}}
    managed = account.managed_policy("put", policy(statement("dynamodb:PutItem")))
    reads = {"Policy": json.dumps(policy(statement(["dynamodb:GetItem", "dynamodb:ListTables"])))}

    for parameters, get, put in (
        ({}, True, True),
        (reads, True, False),
        ({"PolicyArns": [{"arn": managed}]}, False, True),
    ):
        session = account.token_session(issuer.token(), arn, **parameters)
        assert (account.get_item(session).status == 200) is get
        assert (account.call(session, "dynamodb", "PutItem", item).status == 200) is put
        assert account.call(session, "dynamodb", "ListTables").code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"Policy": "{"}, "MalformedPolicyDocument"),
        ({"Policy": " " * 2049}, "PackedPolicyTooLarge"),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/Absent"}]}, "NoSuchEntity"),
        ({"RoleSessionName": "a"}, "ValidationError"),
        ({"RoleArn": "Reader"}, "ValidationError"),
        ({"WebIdentityToken": "abc"}, "ValidationError"),
        ({"WebIdentityToken": "a" * 20_001}, "ValidationError"),
        ({"ProviderId": "www.amazon.com"}, "InvalidIdentityToken"),
        ({"ProviderId": ""}, "InvalidIdentityToken"),
        ({"Tags": tagged(tenant="globex")}, "AccessDenied"),
        ({"TransitiveTagKeys": ["tenant"]}, "AccessDenied"),
        ({"SourceIdentity": "user-ann"}, "AccessDenied"),
        ({"ExternalId": "id"}, "AccessDenied"),
        ({"Other": "x"}, "AccessDenied"),
    ],
)
def test_parameters_that_aws_refuses_or_that_are_not_its_own_open_nothing(
    account: Account, issuer: Issuer, parameters: dict[str, Any], code: str
) -> None:
    """Above all nobody passes tags: they are the token's."""
    assert account.assume_with_token(issuer.token(), role(account), **parameters).code == code


def test_a_condition_on_the_endpoint_counts_where_the_request_came_in(account: Account, issuer: Issuer) -> None:
    """For the call and for the session; what did not come through an endpoint has none, whatever it says."""
    required = {"StringEquals": {"aws:SourceVpce": ENDPOINT}}
    outside = {"StringNotEquals": {"aws:SourceVpce": ENDPOINT}}
    account.create_table()
    arn = role(
        account,
        READ,
        policy(statement("dynamodb:*", effect="Deny", Condition=outside)),
        Condition=required,
    )

    refused = account.assume_with_token(issuer.token(), arn)
    assert refused.message == REFUSED
    (unmet,) = account.decisions(refused)[0]["unmet"]
    assert (unmet["key"], unmet["actual"]) == ("aws:SourceVpce", None)
    assert account.assume_with_token(issuer.token(), arn, vpc_endpoint="vpce-00000000").message == REFUSED
    session = account.token_session(issuer.token(), arn, vpc_endpoint=ENDPOINT)
    assert account.get_item(session).code == "AccessDeniedException"
    body = json.dumps({"TableName": "items", "Key": {"pk": {"S": "acme#1"}}}).encode()
    wire = account.request(session, "dynamodb", "GetItem", body)
    assert account.answer({**wire.environ(), VPC_ENDPOINT: ENDPOINT}).status == 200
    assert account.answer({**wire.environ(), VPC_ENDPOINT: "vpce-00000000"}).code == "AccessDeniedException"
    forged = {
        "HTTP_X_AMZN_SOURCE_VPCE": ENDPOINT,
        "HTTP_AWS_SOURCEVPCE": ENDPOINT,
        "HTTP_LOCALAWS.VPC_ENDPOINT": ENDPOINT,
    }
    assert account.answer({**wire.environ(), **forged}).code == "AccessDeniedException"


def test_a_request_through_an_endpoint_has_no_public_address(account: Account, issuer: Issuer) -> None:
    """aws:SourceIp is not there then, as AWS documents it; aws:VpcSourceIp is."""
    by_ip = role(account, name="ByIp", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    by_vpc_ip = role(account, name="ByVpcIp", Condition={"IpAddress": {"aws:VpcSourceIp": "127.0.0.0/8"}})

    for arn, endpoint, status in (
        (by_ip, None, 200),
        (by_ip, ENDPOINT, 403),
        (by_vpc_ip, None, 403),
        (by_vpc_ip, ENDPOINT, 200),
    ):
        assert account.assume_with_token(issuer.token(), arn, vpc_endpoint=endpoint).status == status


def test_the_answer_says_how_full_the_session_is(account: Account, issuer: Issuer) -> None:
    """When it has tags or an inline policy."""
    arn = role(account)

    assert account.assume_with_token(issuer.token(**TENANT), arn).element("PackedPolicySize") == "1"
    assert account.assume_with_token(issuer.token(), arn).element("PackedPolicySize") == ""


def test_the_call_may_be_in_the_url(account: Account, issuer: Issuer) -> None:
    """As AWS's own example is."""
    arn = role(account)
    query = f"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=ann&RoleArn={arn}"
    wire = WireRequest("GET", f"/?{query}&WebIdentityToken={issuer.token()}", (("Host", HOST),))

    assert account.answer(wire.environ()).element("Arn") == session_arn("Reader", "ann")


def test_a_signed_call_is_refused(account: Account, issuer: Issuer) -> None:
    """It is not what SDKs send, and nobody's permissions are lent to a token."""
    parameters = {"RoleArn": role(account), "RoleSessionName": "ann", "WebIdentityToken": issuer.token()}

    assert account.call(account.operator, "sts", "AssumeRoleWithWebIdentity", parameters).code == "AccessDenied"
