"""Sign-in calls that moto would carry out for anybody, shown by effect: who has no password gets no token."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from localaws_testing.signed_requests import HOST, WireRequest

if TYPE_CHECKING:
    from localaws_testing.account import Account, GateAnswer

PASSWORD, OTHER = "Correct-horse-9", "Attackers-horse-9"


@dataclass(frozen=True, slots=True)
class Pool:
    """A user pool of an account, with a user of each tenant."""

    account: Account
    pool_id: str
    client_id: str

    def call(self, operation: str, **parameters: Any) -> GateAnswer:
        """Make a call without a signature."""
        headers = (
            ("Host", HOST),
            ("X-Amz-Target", f"AWSCognitoIdentityProviderService.{operation}"),
            ("Content-Type", "application/x-amz-json-1.1"),
        )
        return self.account.answer(WireRequest("POST", "/", headers, json.dumps(parameters).encode()).environ())

    def initiate(self, flow: str = "USER_PASSWORD_AUTH", **parameters: str) -> GateAnswer:
        """Begin to sign in."""
        return self.call("InitiateAuth", ClientId=self.client_id, AuthFlow=flow, AuthParameters=parameters)

    def tenant_of(self, tenant: str, password: str = PASSWORD) -> str:
        """Return whose token one gets as the tenant's user with a password; empty when none."""
        answer = self.initiate(USERNAME=f"{tenant}/a", PASSWORD=password)
        if answer.status != 200 or "AuthenticationResult" not in answer.json():
            return ""
        claims = answer.json()["AuthenticationResult"]["IdToken"].split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "==="))["custom:tenantID"])


@pytest.fixture
def pool(account: Account) -> Pool:
    """Return a pool whose users only an administrator creates, and whose client may sign in by password."""
    created = account.administer(
        "cognito-idp",
        "CreateUserPool",
        PoolName="p",
        AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        Schema=[{"Name": "tenantID", "AttributeDataType": "String", "Mutable": False}],
    )
    pool_id = created.json()["UserPool"]["Id"]
    client = account.administer(
        "cognito-idp",
        "CreateUserPoolClient",
        UserPoolId=pool_id,
        ClientName="web",
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ReadAttributes=["custom:tenantID"],
        WriteAttributes=["name"],
    )
    for tenant in ("acme", "globex"):
        attributes = [{"Name": "custom:tenantID", "Value": tenant}]
        user = {"UserPoolId": pool_id, "Username": f"{tenant}/a"}
        account.administer("cognito-idp", "AdminCreateUser", UserAttributes=attributes, **user)
        account.administer("cognito-idp", "AdminSetUserPassword", Password=PASSWORD, Permanent=True, **user)
    return Pool(account, pool_id, client.json()["UserPoolClient"]["ClientId"])


def test_a_user_signs_in_with_the_password_and_stays_signed_in(pool: Pool) -> None:
    """The allowed twin of all that follows: password, refresh, change of the password."""
    tokens = pool.initiate(USERNAME="acme/a", PASSWORD=PASSWORD).json()["AuthenticationResult"]
    assert pool.tenant_of("acme") == "acme"
    assert pool.tenant_of("acme", OTHER) == ""
    assert pool.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"]).status == 200
    change = {"AccessToken": tokens["AccessToken"], "ProposedPassword": OTHER}
    assert pool.call("ChangePassword", PreviousPassword=PASSWORD, **change).status == 200
    assert pool.tenant_of("acme", OTHER) == "acme"


@pytest.mark.parametrize(
    "flow",
    ["USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH", "ADMIN_USER_PASSWORD_AUTH", "", None, ["USER_PASSWORD_AUTH"], {}],
)
def test_a_flow_whose_proof_moto_does_not_check_is_refused(pool: Pool, flow: Any) -> None:
    """Of SRP it takes any answer, so everybody could be anybody."""
    answer = pool.initiate(flow, USERNAME="globex/a", SRP_A="1", PASSWORD=PASSWORD)

    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert "moto takes any answer" in answer.message


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("ConfirmForgotPassword", {"Username": "globex/a", "ConfirmationCode": "1", "Password": OTHER}),
        (
            "SignUp",
            {
                "Username": "globex/b",
                "Password": OTHER,
                "UserAttributes": [{"Name": "custom:tenantID", "Value": "globex"}],
            },
        ),
        ("ConfirmSignUp", {"Username": "globex/a", "ConfirmationCode": "1"}),
        ("UpdateUserAttributes", {"UserAttributes": [{"Name": "custom:tenantID", "Value": "globex"}]}),
        ("DeleteUserAttributes", {"UserAttributeNames": ["custom:tenantID"]}),
        ("VerifySoftwareToken", {"UserCode": "1"}),
    ],
)
def test_a_call_that_moto_carries_out_for_anybody_is_refused(
    pool: Pool, operation: str, parameters: dict[str, Any]
) -> None:
    """Nobody becomes another tenant's user, or gives the own user another tenant."""
    token = pool.initiate(USERNAME="acme/a", PASSWORD=PASSWORD).json()["AuthenticationResult"]["AccessToken"]
    pool.call("ForgotPassword", ClientId=pool.client_id, Username="globex/a")
    pool.account.emulator.reached.clear()

    answer = pool.call(operation, ClientId=pool.client_id, AccessToken=token, **parameters)

    assert (answer.status, answer.code) == (400, "AccessDeniedException")
    assert pool.account.emulator.reached == []
    assert (pool.tenant_of("globex", OTHER), pool.tenant_of("acme")) == ("", "acme")


def newcomer(pool: Pool) -> tuple[str, str]:
    """Create a user of acme with a temporary password; return the name and the session that the first sign-in opens."""
    attributes = [{"Name": "custom:tenantID", "Value": "acme"}]
    pool.account.administer(
        "cognito-idp",
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="acme/new",
        TemporaryPassword=PASSWORD,
        UserAttributes=attributes,
    )
    answer = pool.initiate(USERNAME="acme/new", PASSWORD=PASSWORD).json()
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    return "acme/new", answer["Session"]


def respond(pool: Pool, session: Any, name: str = "NEW_PASSWORD_REQUIRED", **responses: Any) -> GateAnswer:
    """Answer a challenge."""
    return pool.call(
        "RespondToAuthChallenge",
        ClientId=pool.client_id,
        ChallengeName=name,
        Session=session,
        ChallengeResponses=responses,
    )


def test_whoever_must_set_a_password_sets_the_own_one(pool: Pool) -> None:
    """Moto would set any user's, and sign in as that user; the own one is set."""
    name, session = newcomer(pool)

    refused = respond(pool, session, USERNAME="globex/a", NEW_PASSWORD=OTHER)

    assert refused.code == "AccessDeniedException"
    assert (pool.tenant_of("globex", OTHER), pool.tenant_of("globex")) == ("", "globex")
    assert respond(pool, session, USERNAME=name, NEW_PASSWORD=OTHER).status == 200
    assert pool.initiate(USERNAME=name, PASSWORD=OTHER).status == 200


@pytest.mark.parametrize("challenge", ["PASSWORD_VERIFIER", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "MFA_SETUP", "", None])
def test_no_other_challenge_is_answered(pool: Pool, challenge: Any) -> None:
    """Moto takes any answer to them."""
    name, session = newcomer(pool)
    responses = {
        "USERNAME": name,
        "PASSWORD_CLAIM_SIGNATURE": "x",
        "PASSWORD_CLAIM_SECRET_BLOCK": session,
        "TIMESTAMP": "now",
        "SMS_MFA_CODE": "1",
        "SOFTWARE_TOKEN_MFA_CODE": "1",
    }
    assert respond(pool, session, challenge, **responses).code == "AccessDeniedException"


@pytest.mark.parametrize("session", [None, "", "unknown", ["x"], {"a": 1}])
def test_a_session_that_nobody_opened_answers_nothing(pool: Pool, session: Any) -> None:
    """Whatever its type."""
    assert respond(pool, session, USERNAME="globex/a", NEW_PASSWORD=OTHER).code == "AccessDeniedException"
    malformed: tuple[Any, ...] = (None, "x", [], {"USERNAME": ["globex/a"]}, {})
    for responses in malformed:
        parameters = {"ClientId": pool.client_id, "ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": session}
        answer = pool.call("RespondToAuthChallenge", ChallengeResponses=responses, **parameters)
        assert answer.code == "AccessDeniedException"
    assert pool.tenant_of("globex", OTHER) == ""


def test_an_administrator_may_make_the_same_calls_with_a_signature(pool: Pool) -> None:
    """They are judged like any other call then."""
    sign_up = {"ClientId": pool.client_id, "Username": "b", "Password": PASSWORD}
    nobody = pool.account.user("nobody")

    assert pool.account.call(nobody, "cognito-idp", "SignUp", sign_up).code == "AccessDeniedException"
    assert pool.account.call(pool.account.operator, "cognito-idp", "SignUp", sign_up).status == 200
