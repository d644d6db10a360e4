"""Pre-token triggers run the registered function, and nobody gets a token without it."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bulkhead_localaws.functions.registry import Functions
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.running import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULE = "localaws_testing.functions"
PASSWORD, OTHER = "Correct-horse-9", "Another-horse-9"
SCHEMA = [{"Name": "tenantID", "AttributeDataType": "String", "Mutable": False}]


def arn(name: str) -> str:
    """Return a function's ARN."""
    return f"arn:aws:lambda:eu-west-1:{ACCOUNT_ID}:function:{name}"


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    """Return a local AWS with functions."""
    with pytest.MonkeyPatch.context() as patch:
        support = str(Path(__file__).parents[1] / "support")
        patch.setenv("PYTHONPATH", os.pathsep.join([support, os.environ.get("PYTHONPATH", "")]))
        patch.setenv("AWS_SECRET_ACCESS_KEY", "the emulator's own")
        handlers = {name: f"{MODULE}:{name}" for name in ("tag", "as_told")} | {"absent": f"{MODULE}:absent"}
        functions = Functions(handlers, account=ACCOUNT_ID, seconds=2)
        running = Served(functions=functions)
        yield running
        running.stop()
        functions.stop()


@dataclass
class Pool:
    """A pool with one client and one user of acme."""

    cognito: Any
    pool_id: str
    client_id: str

    def sign_in(self, flow: str = "USER_PASSWORD_AUTH", **more: Any) -> dict[str, Any]:
        """Sign in and return the tokens."""
        parameters = more.pop("parameters", {"USERNAME": "acme/a", "PASSWORD": PASSWORD})
        answer = self.cognito.initiate_auth(ClientId=self.client_id, AuthFlow=flow, AuthParameters=parameters, **more)
        tokens: dict[str, Any] = answer["AuthenticationResult"]
        return tokens


@pytest.fixture
def make(running: Served) -> Any:
    """Return a function that makes a pool with this LambdaConfig."""
    cognito = running.operator("cognito-idp")

    def made(config: dict[str, Any], **attributes: str) -> Pool:
        pool_id = cognito.create_user_pool(PoolName="p", Schema=SCHEMA, LambdaConfig=config)["UserPool"]["Id"]
        client_id = cognito.create_user_pool_client(
            UserPoolId=pool_id,
            ClientName="web",
            ExplicitAuthFlows=[
                "ALLOW_USER_PASSWORD_AUTH",
                "ALLOW_REFRESH_TOKEN_AUTH",
                "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            ],
            ReadAttributes=["email"],
        )["UserPoolClient"]["ClientId"]
        given = {"custom:tenantID": "acme", "email": "a@acme.example", **attributes}
        user = {"UserPoolId": pool_id, "Username": "acme/a"}
        cognito.admin_create_user(
            **user,
            TemporaryPassword=OTHER,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in given.items()],
        )
        cognito.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        return Pool(cognito, pool_id, client_id)

    return made


def versioned(name: str, version: str = "V2_0") -> dict[str, Any]:
    """Write a LambdaConfig."""
    return {"PreTokenGenerationConfig": {"LambdaArn": arn(name), "LambdaVersion": version}}


def claims(token: str) -> dict[str, Any]:
    """Read a token."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "==="))
    return content


def refused(pool: Pool, **more: Any) -> tuple[str, str]:
    """Try to sign in, which must fail; return code and message."""
    with pytest.raises(ClientError) as raised:
        pool.sign_in(**more)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_the_function_gets_the_documented_event_and_tags_the_id_token(make: Any) -> None:
    """All attributes, whatever the client may read; no metadata of InitiateAuth; the access token stays as it was."""
    pool = make(versioned("tag"))

    tokens = pool.sign_in(ClientMetadata={"tenant": "globex"})

    content, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    assert content["https://aws.amazon.com/tags"] == {"principal_tags": {"tenant": ["acme"]}}
    assert "https://aws.amazon.com/tags" not in access
    assert "custom:tenantID" not in content
    assert content["seen"]["event"] == {
        "version": "2",
        "triggerSource": "TokenGeneration_Authentication",
        "region": "eu-west-1",
        "userPoolId": pool.pool_id,
        "userName": "acme/a",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": pool.client_id},
        "request": {
            "userAttributes": {
                "sub": content["sub"],
                "email": "a@acme.example",
                "custom:tenantID": "acme",
                "cognito:user_status": "CONFIRMED",
            },
            "groupConfiguration": {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None},
            "scopes": ["aws.cognito.signin.user.admin"],
        },
    }
    assert content["seen"]["response"] == {"claimsAndScopeOverrideDetails": None}
    assert content["seen"]["arn"] == arn("tag")


def test_the_process_is_kept_and_has_no_credentials(make: Any) -> None:
    """It is started in this folder, once, with its name and region and none of the emulator's keys."""
    pool = make(versioned("tag"))

    first, second = (claims(pool.sign_in()["IdToken"])["seen"] for _ in range(2))

    assert first["pid"] == second["pid"] != os.getpid()
    assert second["calls"] == first["calls"] + 1
    assert first["cwd"] == str(Path.cwd())
    assert first["environment"] == {
        "AWS_LAMBDA_FUNCTION_NAME": "tag",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def test_a_refresh_runs_it_again_and_so_does_a_first_password(make: Any) -> None:
    """With what the client says in its answer to the challenge, as AWS documents."""
    pool = make(versioned("tag"))
    refresh = pool.sign_in()["RefreshToken"]
    again = claims(pool.sign_in("REFRESH_TOKEN_AUTH", parameters={"REFRESH_TOKEN": refresh})["IdToken"])
    pool.cognito.admin_set_user_password(UserPoolId=pool.pool_id, Username="acme/a", Password=OTHER, Permanent=False)
    challenge = pool.cognito.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "acme/a", "PASSWORD": OTHER},
    )
    answer = pool.cognito.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "acme/a", "NEW_PASSWORD": PASSWORD},
        ClientMetadata={"told": "by the client"},
    )
    first = claims(answer["AuthenticationResult"]["IdToken"])

    assert again["seen"]["event"]["triggerSource"] == "TokenGeneration_RefreshTokens"
    assert again["https://aws.amazon.com/tags"] == {"principal_tags": {"tenant": ["acme"]}}
    assert first["seen"]["event"]["triggerSource"] == "TokenGeneration_NewPasswordChallenge"
    assert first["seen"]["event"]["request"]["clientMetadata"] == {"told": "by the client"}


@pytest.mark.parametrize(
    "named",
    [arn("other"), arn("tag:1"), arn("tag").replace(ACCOUNT_ID, "210987654321"), arn("tag").replace("lambda", "s3")],
)
def test_without_its_function_nobody_signs_in(make: Any, named: str) -> None:
    """Neither by password nor as an administrator; the twin is every other test here."""
    pool = make({"PreTokenGenerationConfig": {"LambdaArn": named, "LambdaVersion": "V2_0"}})

    assert refused(pool)[0] == "UnexpectedLambdaException"
    with pytest.raises(pool.cognito.exceptions.UnexpectedLambdaException, match="started without --function"):
        pool.cognito.admin_initiate_auth(
            UserPoolId=pool.pool_id,
            ClientId=pool.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "acme/a", "PASSWORD": PASSWORD},
        )


FAILURES = {
    "raise": ("UserLambdaValidationException", "PreTokenGeneration failed with error not today."),
    "exit": ("UserLambdaValidationException", "PreTokenGeneration failed with error Runtime exited"),
    "set": ("UserLambdaValidationException", "PreTokenGeneration failed with error Unable to marshal response"),
    "sleep": ("UnexpectedLambdaException", "Socket timeout while invoking Lambda function"),
    '{"whole": null}': ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
    '{"whole": {}}': ("InvalidLambdaResponseException", "Unrecognizable lambda output"),
}


@pytest.mark.parametrize("told", FAILURES)
def test_a_function_that_fails_signs_nobody_in(make: Any, told: str) -> None:
    """In Cognito's words; the next one who signs in is served again."""
    code, message = refused(make(versioned("as_told"), nickname=told))

    assert code == FAILURES[told][0]
    assert FAILURES[told][1] in message
    assert "IdToken" in make(versioned("as_told"), nickname="{}").sign_in()


def test_a_function_that_is_not_in_its_module_says_so(make: Any) -> None:
    """Lambda, too, tells it when the function is called."""
    code, message = refused(make(versioned("absent")))

    assert code == "UserLambdaValidationException"
    assert "Unable to import module 'localaws_testing.functions'" in message


VALUES: dict[str, Any] = {"n": 1, "b": True, "l": ["x", 2], "o": {"a": {}}}


def test_both_tokens_scopes_and_groups_change_as_version_two_says(make: Any) -> None:
    """What is reserved stays; what is set and suppressed is suppressed."""
    told = {
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {
                "claimsToAddOrOverride": {
                    "n": 1,
                    "b": True,
                    "l": ["x", 2],
                    "o": {"a": {}},
                    "sub": "x",
                    "aud": "x",
                    "y": "1",
                },
                "claimsToSuppress": ["email", "y", "iss"],
            },
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"plan": "gold", "client_id": "x", "username": "x", "scope": "x"},
                "scopesToAdd": ["read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
            "groupOverrideDetails": {"groupsToOverride": ["staff"]},
        }
    }
    pool = make(versioned("as_told"), nickname=json.dumps(told))

    tokens = pool.sign_in()

    content, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
    assert {name: content.get(name) for name in "nbloy"} == {
        "n": 1,
        "b": True,
        "l": ["x", 2],
        "o": {"a": {}},
        "y": None,
    }
    assert (content["aud"], content["cognito:groups"]) == (pool.client_id, ["staff"])
    assert content["sub"] == access["sub"] != "x"
    assert "email" not in content
    assert content["iss"].endswith(pool.pool_id)
    assert (access["plan"], access["client_id"], access["username"]) == ("gold", pool.client_id, "acme/a")
    assert (access["scope"], access["cognito:groups"]) == ("read", ["staff"])


def test_version_one_changes_the_id_token_with_strings_alone(make: Any) -> None:
    """As does the older member of LambdaConfig."""
    told = {"claimsOverrideDetails": {"claimsToAddOrOverride": {"plan": "gold"}, "claimsToSuppress": ["email"]}}
    for config in (versioned("as_told", "V1_0"), {"PreTokenGeneration": arn("as_told")}):
        tokens = make(config, nickname=json.dumps(told)).sign_in()
        content, access = claims(tokens["IdToken"]), claims(tokens["AccessToken"])
        assert (content["plan"], "email" in content, "plan" in access) == ("gold", False, False)
    told["claimsOverrideDetails"]["claimsToAddOrOverride"] = {"plan": {}}
    code, _ = refused(make(versioned("as_told", "V1_0"), nickname=json.dumps(told)))
    assert code == "InvalidLambdaResponseException"


def test_groups_are_told_in_the_order_of_their_precedence(make: Any) -> None:
    """And are in both tokens."""
    pool = make(versioned("tag"))
    for name, precedence in (("b", 2), ("a", 3), ("c", 1)):
        pool.cognito.create_group(UserPoolId=pool.pool_id, GroupName=name, Precedence=precedence)
        pool.cognito.admin_add_user_to_group(UserPoolId=pool.pool_id, GroupName=name, Username="acme/a")

    tokens = pool.sign_in()

    content = claims(tokens["IdToken"])
    assert content["seen"]["event"]["request"]["groupConfiguration"]["groupsToOverride"] == ["c", "b", "a"]
    assert content["cognito:groups"] == claims(tokens["AccessToken"])["cognito:groups"] == ["c", "b", "a"]


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_a_pool_of_the_lowest_tier_gets_no_trigger_of_a_later_version(running: Served, version: str) -> None:
    """Neither a new pool nor one that is updated; version one it gets, and the higher tiers get both."""
    cognito = running.operator("cognito-idp")
    later, first = versioned("tag", version), versioned("tag", "V1_0")
    pool_id = cognito.create_user_pool(PoolName="p", UserPoolTier="LITE", LambdaConfig=first)["UserPool"]["Id"]

    with pytest.raises(cognito.exceptions.FeatureUnavailableInTierException):
        cognito.create_user_pool(PoolName="p", UserPoolTier="LITE", LambdaConfig=later)
    with pytest.raises(cognito.exceptions.FeatureUnavailableInTierException):
        cognito.update_user_pool(UserPoolId=pool_id, UserPoolTier="LITE", LambdaConfig=later)
    cognito.update_user_pool(UserPoolId=pool_id, UserPoolTier="PLUS", LambdaConfig=later)

    pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
    assert (pool["UserPoolTier"], pool["LambdaConfig"]) == ("PLUS", later)


@pytest.mark.parametrize("operation", ["create_user_pool", "update_user_pool"])
def test_a_trigger_that_would_never_run_is_refused(running: Served, operation: str) -> None:
    """Also to the administrator: it may be the one that refuses a sign-in."""
    cognito = running.operator("cognito-idp")
    pool_id = cognito.create_user_pool(PoolName="p")["UserPool"]["Id"]
    named = {"PoolName": "q"} if operation == "create_user_pool" else {"UserPoolId": pool_id}

    with pytest.raises(ClientError, match=r"cannot keep the LambdaConfig\.PreAuthentication .* does not run it"):
        getattr(cognito, operation)(**named, LambdaConfig={"PreAuthentication": arn("tag"), **versioned("tag")})
    getattr(cognito, operation)(**named, LambdaConfig=versioned("tag"))


@pytest.mark.parametrize(
    "config",
    [
        {
            "PreTokenGeneration": arn("tag"),
            "PreTokenGenerationConfig": {"LambdaArn": arn("b"), "LambdaVersion": "V1_0"},
        },
        {"PreTokenGenerationConfig": {"LambdaArn": arn("tag"), "LambdaVersion": "V9_0"}},
    ],
)
def test_a_trigger_that_cognito_would_refuse_is_refused(running: Served, config: dict[str, Any]) -> None:
    """Two functions, or an unknown version."""
    cognito = running.operator("cognito-idp", parameter_validation=False)
    with pytest.raises(cognito.exceptions.InvalidParameterException):
        cognito.create_user_pool(PoolName="p", LambdaConfig=config)
