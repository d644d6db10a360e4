"""Tokens and sign-in as Cognito documents them, where moto is laxer; each refusal beside its allowed twin."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from moto.cognitoidp.models import cognitoidp_backends

from bulkhead_localaws.moto import sign_in, tokens
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.signed_requests import HOST, REGION, WireRequest

if TYPE_CHECKING:
    from localaws_testing.account import Account, GateAnswer

PASSWORD, OTHER = "Correct-horse-9", "Another-horse-9"
FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
SCHEMA = [
    {"Name": "tenantID", "AttributeDataType": "String", "Mutable": False},
    {"Name": "role", "AttributeDataType": "String", "Mutable": True},
]
ATTRIBUTES = {
    "custom:tenantID": "acme",
    "custom:role": "member",
    "email": "ann@acme.example",
    "email_verified": "true",
    "name": "Ann",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool with one user, Ann."""

    account: Account
    pool_id: str

    def administer(self, operation: str, **parameters: Any) -> Any:
        """Make a call about this pool as the administrator; it must succeed."""
        answer = self.account.administer("cognito-idp", operation, UserPoolId=self.pool_id, **parameters)
        return answer.json() if answer.body else {}

    def client(self, **parameters: Any) -> str:
        """Create a client and return its id."""
        given = {"ExplicitAuthFlows": FLOWS, **parameters}
        created = self.administer("CreateUserPoolClient", ClientName="web", **given)
        return str(created["UserPoolClient"]["ClientId"])

    def call(self, operation: str, **parameters: Any) -> GateAnswer:
        """Make a call without a signature."""
        headers = (
            ("Host", HOST),
            ("X-Amz-Target", f"AWSCognitoIdentityProviderService.{operation}"),
            ("Content-Type", "application/x-amz-json-1.1"),
        )
        return self.account.answer(WireRequest("POST", "/", headers, json.dumps(parameters).encode()).environ())

    def sign_in(self, client_id: str, name: str = "Ann", flow: str = "USER_PASSWORD_AUTH") -> GateAnswer:
        """Begin to sign in by password."""
        parameters = {"USERNAME": name, "PASSWORD": PASSWORD}
        return self.call("InitiateAuth", ClientId=client_id, AuthFlow=flow, AuthParameters=parameters)

    def refresh(self, client_id: str, token: str) -> GateAnswer:
        """Ask for new tokens."""
        parameters = {"REFRESH_TOKEN": token}
        return self.call("InitiateAuth", ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters)

    def tokens(self, client_id: str, name: str = "Ann") -> dict[str, Any]:
        """Sign in, which must succeed."""
        answer = self.sign_in(client_id, name)
        assert answer.status == 200, answer.text
        result: dict[str, Any] = answer.json()["AuthenticationResult"]
        return result


@pytest.fixture
def pool(account: Account) -> Pool:
    """Return a pool that distinguishes cases, as pools do that say nothing about it."""
    return make(account)


def make(account: Account, **parameters: Any) -> Pool:
    """Create a pool with Ann in it."""
    created = account.administer("cognito-idp", "CreateUserPool", PoolName="p", Schema=SCHEMA, **parameters)
    pool = Pool(account, created.json()["UserPool"]["Id"])
    given = [{"Name": name, "Value": value} for name, value in ATTRIBUTES.items()]
    name = "Ann@acme.example" if "UsernameAttributes" in parameters else "Ann"
    pool.administer("AdminCreateUser", Username=name, UserAttributes=given)
    pool.administer("AdminSetUserPassword", Username=name, Password=PASSWORD, Permanent=True)
    return pool


def claims(token: str) -> dict[str, Any]:
    """Read a token."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
    return content


class MovedClock:
    """The time, moved on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def time(self) -> float:
        """Tell it."""
        return time.time() + self._seconds


@pytest.mark.parametrize(
    ("given", "access", "identity"),
    [
        ({}, 3600, 3600),
        ({"IdTokenValidity": 15, "TokenValidityUnits": {"IdToken": "minutes"}}, 3600, 900),
        ({"AccessTokenValidity": 300, "TokenValidityUnits": {"AccessToken": "seconds"}}, 300, 3600),
        ({"AccessTokenValidity": 24, "IdTokenValidity": 1, "TokenValidityUnits": {"IdToken": "days"}}, 86400, 86400),
    ],
)
def test_tokens_live_as_long_as_the_client_says(pool: Pool, given: dict[str, Any], access: int, identity: int) -> None:
    """Also those of a refresh, which keep the time of the sign-in; ExpiresIn is that of the access token."""
    client = pool.client(**given)
    first = pool.tokens(client)
    again = pool.refresh(client, first["RefreshToken"]).json()["AuthenticationResult"]

    for issued in (first, again):
        identity_claims, access_claims = claims(issued["IdToken"]), claims(issued["AccessToken"])
        assert identity_claims["exp"] - identity_claims["iat"] == identity
        assert access_claims["exp"] - access_claims["iat"] == access == issued["ExpiresIn"]
        assert identity_claims["auth_time"] == claims(first["IdToken"])["auth_time"]
        assert identity_claims["origin_jti"] == access_claims["origin_jti"] == claims(first["IdToken"])["origin_jti"]
        assert identity_claims["event_id"] == access_claims["event_id"]
    assert claims(first["IdToken"])["event_id"] != claims(again["IdToken"])["event_id"]


@pytest.mark.parametrize(
    "given",
    [
        {"IdTokenValidity": 4, "TokenValidityUnits": {"IdToken": "minutes"}},
        {"AccessTokenValidity": 25},
        {"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        {"RefreshTokenValidity": 1, "IdTokenValidity": 2, "TokenValidityUnits": {"RefreshToken": "hours"}},
        {"IdTokenValidity": 1, "TokenValidityUnits": {"IdToken": "weeks"}},
        {"IdTokenValidity": "x"},
        {"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]},
        {"ExplicitAuthFlows": ["ALLOW_EVERYTHING"]},
        {"ExplicitAuthFlows": "ALLOW_USER_AUTH"},
    ],
)
def test_a_client_that_cognito_would_refuse_is_refused(pool: Pool, given: dict[str, Any]) -> None:
    """When it is created and when it is updated."""
    client = pool.client()
    for operation, named in (
        ("CreateUserPoolClient", {"ClientName": "x"}),
        ("UpdateUserPoolClient", {"ClientId": client}),
    ):
        parameters = {"UserPoolId": pool.pool_id, **named, **given}
        answer = pool.account.call(pool.account.operator, "cognito-idp", operation, parameters)
        assert (answer.status, answer.code) == (400, "InvalidParameterException")


def test_what_an_update_does_not_name_has_its_default_again(pool: Pool) -> None:
    """A client's lifetime and attributes, but not its name; and a pool keeps what is set once."""
    client = pool.client(IdTokenValidity=2, ReadAttributes=["custom:tenantID"])
    pool.administer("UpdateUserPoolClient", ClientId=client, ExplicitAuthFlows=FLOWS)

    content = claims(pool.tokens(client)["IdToken"])

    assert content["exp"] - content["iat"] == 3600
    assert "custom:tenantID" not in content
    described = pool.administer("DescribeUserPoolClient", ClientId=client)["UserPoolClient"]
    assert described["ClientName"] == "web"


READABLE: dict[str, tuple[list[str] | None, set[str]]] = {
    "none named": (None, {"email", "email_verified", "name"}),
    "an empty list": ([], {"email", "email_verified", "name"}),
    "one": (["email"], {"email"}),
    "a custom one": (["custom:tenantID"], {"custom:tenantID"}),
}


@pytest.mark.parametrize("case", READABLE)
def test_a_client_reads_what_it_may_read_and_no_more(pool: Pool, case: str) -> None:
    """In the id token and from GetUser; without a list it is the standard attributes, custom ones never."""
    names, expected = READABLE[case]
    client = pool.client() if names is None else pool.client(ReadAttributes=names)
    issued = pool.tokens(client)

    content = claims(issued["IdToken"])
    user = pool.call("GetUser", AccessToken=issued["AccessToken"]).json()

    assert content.keys() & ATTRIBUTES.keys() == expected
    assert {each["Name"] for each in user["UserAttributes"]} == expected | {"sub"}
    assert content.keys() - ATTRIBUTES.keys() == {
        *("sub", "cognito:username", "aud", "iss", "token_use", "auth_time", "event_id", "origin_jti", "jti"),
        *("exp", "iat"),
    }
    if "email_verified" in expected:
        assert content["email_verified"] is True
    assert claims(issued["AccessToken"]).keys() == {
        *("sub", "username", "client_id", "iss", "token_use", "auth_time", "event_id", "origin_jti", "jti"),
        *("exp", "iat", "scope"),
    }


FLOW_CASES: list[tuple[list[str] | None, set[str]]] = [
    (None, {"REFRESH_TOKEN_AUTH"}),
    ([], {"REFRESH_TOKEN_AUTH"}),
    (["ALLOW_USER_PASSWORD_AUTH"], {"USER_PASSWORD_AUTH"}),
    (FLOWS, {"USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"}),
    (["ALLOW_ADMIN_USER_PASSWORD_AUTH"], {"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}),
    (["USER_PASSWORD_AUTH"], {"USER_PASSWORD_AUTH", "REFRESH_TOKEN_AUTH"}),
    (["ADMIN_NO_SRP_AUTH"], {"ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH", "REFRESH_TOKEN_AUTH"}),
    (["CUSTOM_AUTH_FLOW_ONLY"], {"REFRESH_TOKEN_AUTH"}),
    (["ALLOW_USER_SRP_AUTH", "ALLOW_CUSTOM_AUTH"], set()),
]


@pytest.mark.parametrize(("listed", "expected"), FLOW_CASES)
def test_a_client_has_the_flows_that_it_lists(pool: Pool, listed: list[str] | None, expected: set[str]) -> None:
    """No others, also for an administrator; a refresh token is there from a time when the client had all."""
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    token = pool.tokens(client)["RefreshToken"]
    pool.administer(
        "UpdateUserPoolClient", ClientId=client, **({} if listed is None else {"ExplicitAuthFlows": listed})
    )
    answers = {
        "USER_PASSWORD_AUTH": pool.sign_in(client),
        "REFRESH_TOKEN_AUTH": pool.refresh(client, token),
        **{flow: admin_sign_in(pool, client, flow) for flow in ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")},
    }

    assert {flow for flow, answer in answers.items() if answer.status == 200} == expected
    refusals = {flow: answer for flow, answer in answers.items() if answer.status != 200}
    assert {answer.code for answer in refusals.values()} <= {"InvalidParameterException"}
    assert all("not enabled for this client" in answer.message for answer in refusals.values())
    if "USER_PASSWORD_AUTH" in refusals:
        assert answers["USER_PASSWORD_AUTH"].message == "USER_PASSWORD_AUTH flow not enabled for this client"


def admin_sign_in(pool: Pool, client: str, flow: str) -> GateAnswer:
    """Sign Ann in as the administrator."""
    parameters = {
        "UserPoolId": pool.pool_id,
        "ClientId": client,
        "AuthFlow": flow,
        "AuthParameters": {"USERNAME": "Ann", "PASSWORD": PASSWORD},
    }
    return pool.account.call(pool.account.operator, "cognito-idp", "AdminInitiateAuth", parameters)


def test_a_refresh_token_is_its_clients(pool: Pool) -> None:
    """Another client of the pool cannot use it, publicly or by an administrator; nor can one of another pool."""
    client, second, elsewhere = pool.client(), pool.client(), make(pool.account).client()
    token = pool.tokens(client)["RefreshToken"]

    for other in (second, elsewhere):
        answer = pool.refresh(other, token)
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Invalid Refresh Token")
    by_administrator = pool.account.call(
        pool.account.operator,
        "cognito-idp",
        "AdminInitiateAuth",
        {
            "UserPoolId": pool.pool_id,
            "ClientId": second,
            "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": {"REFRESH_TOKEN": token},
        },
    )
    assert (by_administrator.code, by_administrator.message) == ("NotAuthorizedException", "Invalid Refresh Token")
    assert pool.refresh(client, "unknown").message == "Invalid Refresh Token"
    assert pool.refresh(client, token).status == 200


def test_a_refresh_token_ends_in_time(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """After 30 days where the client says nothing."""
    short = pool.client(RefreshTokenValidity=60, TokenValidityUnits={"RefreshToken": "minutes"})
    long = pool.client()
    held = {client: pool.tokens(client)["RefreshToken"] for client in (short, long)}

    for seconds, expected in ((3_590, (200, 200)), (3_610, (400, 200)), (30 * 86_400 + 10, (400, 400))):
        monkeypatch.setattr(tokens, "time", MovedClock(seconds))
        answers = [pool.refresh(client, held[client]) for client in (short, long)]
        assert tuple(answer.status for answer in answers) == expected
        assert {answer.message for answer in answers if answer.status == 400} <= {"Refresh Token has expired"}


def test_who_is_disabled_deleted_or_signed_out_refreshes_nothing(pool: Pool) -> None:
    """Nor does a new user of the same name with the old one's token; one who signs in anew does."""
    client = pool.client()

    def refused(token: str) -> bool:
        answer = pool.refresh(client, token)
        return (answer.status, answer.message) == (400, "Refresh Token has been revoked")

    issued = pool.tokens(client)
    pool.administer("AdminDisableUser", Username="Ann")
    assert refused(issued["RefreshToken"])
    assert pool.call("GetUser", AccessToken=issued["AccessToken"]).code == "NotAuthorizedException"
    pool.administer("AdminEnableUser", Username="Ann")
    assert pool.call("GlobalSignOut", AccessToken=issued["AccessToken"]).status == 200
    assert refused(issued["RefreshToken"])
    issued = pool.tokens(client)
    assert not refused(issued["RefreshToken"])
    pool.administer("AdminDeleteUser", Username="Ann")
    assert refused(issued["RefreshToken"])
    pool.administer("AdminCreateUser", Username="Ann", TemporaryPassword=OTHER)
    pool.administer("AdminSetUserPassword", Username="Ann", Password=PASSWORD, Permanent=True)
    assert refused(issued["RefreshToken"])
    assert pool.call("GetUser", AccessToken=issued["AccessToken"]).code == "NotAuthorizedException"
    assert not refused(pool.tokens(client)["RefreshToken"])


def test_an_access_token_that_has_expired_opens_nothing(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Moto keeps it for good."""
    token = pool.tokens(pool.client())["AccessToken"]
    change = {"AccessToken": token, "PreviousPassword": PASSWORD, "ProposedPassword": OTHER}
    assert pool.call("GetUser", AccessToken=token).status == 200

    monkeypatch.setattr(sign_in, "time", MovedClock(3_601))

    for answer in (
        pool.call("GetUser", AccessToken=token),
        pool.call("GlobalSignOut", AccessToken=token),
        pool.call("ChangePassword", **change),
    ):
        assert (answer.code, answer.message) == ("NotAuthorizedException", "Access Token has expired")


def test_an_access_token_ends_with_its_client(pool: Pool) -> None:
    """Who may read what can be known no more."""
    client = pool.client()
    token = pool.tokens(client)["AccessToken"]
    pool.administer("DeleteUserPoolClient", ClientId=client)

    assert pool.call("GetUser", AccessToken=token).message == "Access Token has been revoked"


def test_a_challenge_is_answered_by_the_client_that_began(pool: Pool) -> None:
    """Else one without the flow could end what another began."""
    client, second = pool.client(), pool.client(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    pool.administer("AdminSetUserPassword", Username="Ann", Password=PASSWORD, Permanent=False)
    challenge = pool.sign_in(client).json()
    answer = {
        "ChallengeName": challenge["ChallengeName"],
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": "Ann", "NEW_PASSWORD": OTHER},
    }

    assert pool.call("RespondToAuthChallenge", ClientId=second, **answer).code == "NotAuthorizedException"
    for metadata in ("x", {"a": 1}, ["x"]):
        refused = pool.call("RespondToAuthChallenge", ClientId=client, ClientMetadata=metadata, **answer)
        assert refused.code == "InvalidParameterException"
    assert pool.call("RespondToAuthChallenge", ClientId=client, **answer).status == 200


@pytest.mark.parametrize("given", [{}, {"UsernameConfiguration": {"CaseSensitive": True}}])
def test_a_pool_distinguishes_cases_unless_it_says_otherwise(account: Account, given: dict[str, Any]) -> None:
    """True "is the default value"."""
    pool = make(account, **given)
    client = pool.client()

    assert pool.sign_in(client, "ANN").code == "UserNotFoundException"
    pool.administer("AdminCreateUser", Username="ANN")
    assert claims(pool.tokens(client)["IdToken"])["cognito:username"] == "Ann"


def test_a_pool_that_does_not_distinguish_cases_knows_one_user_by_all_spellings(account: Account) -> None:
    """To sign in and out, to create and change; and it stays so when the pool is updated."""
    pool = make(account, UsernameConfiguration={"CaseSensitive": False})
    client = pool.client()
    pool.administer("UpdateUserPool", MfaConfiguration="OFF")

    issued = pool.tokens(client, "aNN")

    assert claims(issued["IdToken"])["cognito:username"] == claims(issued["AccessToken"])["username"] == "Ann"
    twin = {"UserPoolId": pool.pool_id, "Username": "ANN"}
    created = account.call(account.operator, "cognito-idp", "AdminCreateUser", twin)
    assert created.code == "UsernameExistsException"
    assert pool.administer("AdminGetUser", Username="ANN")["Username"] == "Ann"
    pool.administer("AdminUserGlobalSignOut", Username="ANN")
    assert pool.refresh(client, issued["RefreshToken"]).message == "Refresh Token has been revoked"


def test_addresses_that_are_names_follow_the_same_rule(account: Account) -> None:
    """In a pool whose users are named by their address."""
    for sensitive, expected in ((False, 200), (True, 400)):
        pool = make(account, UsernameAttributes=["email"], UsernameConfiguration={"CaseSensitive": sensitive})
        client = pool.client()
        assert pool.sign_in(client, "Ann@acme.example").status == 200
        assert pool.sign_in(client, "ann@ACME.example").status == expected


def test_tokens_are_those_of_the_pool_that_moto_holds(pool: Pool) -> None:
    """So that its other calls know them, by the user's own name."""
    client = pool.client()
    issued = pool.tokens(client)
    held: Any = cognitoidp_backends[ACCOUNT_ID][REGION].user_pools[pool.pool_id]

    assert held.access_tokens[issued["AccessToken"]] == (client, "Ann")
    assert held.id_tokens[issued["IdToken"]] == (client, "Ann")
    assert held.refresh_tokens[issued["RefreshToken"]][:2] == (client, "Ann")
