"""AssumeRoleWithWebIdentity over HTTP: a user of the emulator's own pool takes a token to STS, with boto3.

The pool's trigger puts the user's tenant into the token as a session tag.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from bulkhead_localaws.functions.registry import Functions
from bulkhead_localaws.listeners import Listener
from bulkhead_localaws.moto.emulator import ACCOUNT_ID
from localaws_testing.account import policy, statement
from localaws_testing.issuers import encoded
from localaws_testing.running import Served

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-west-1"
ENDPOINT = "vpce-0123456789abcdef0"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/Reader"


class Pool:
    """A user pool of a running local AWS, an OpenID Connect provider for it, and a role that trusts it."""

    def __init__(self, functions: Functions) -> None:
        self.aws = Served(listeners=[Listener(0, ENDPOINT)], functions=functions)
        cognito, iam = self.aws.operator("cognito-idp"), self.aws.operator("iam")
        trigger = {"LambdaArn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:tag", "LambdaVersion": "V2_0"}
        self.pool_id = cognito.create_user_pool(
            PoolName="users",
            Schema=[{"Name": "tenantID", "AttributeDataType": "String"}],
            LambdaConfig={"PreTokenGenerationConfig": trigger},
        )["UserPool"]["Id"]
        self.client_id = cognito.create_user_pool_client(
            UserPoolId=self.pool_id, ClientName="app", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        cognito.admin_create_user(
            UserPoolId=self.pool_id, Username="ann", UserAttributes=[{"Name": "custom:tenantID", "Value": "acme"}]
        )
        cognito.admin_set_user_password(UserPoolId=self.pool_id, Username="ann", Password="Secret-123", Permanent=True)
        self.issuer = f"cognito-idp.{REGION}.amazonaws.com/{self.pool_id}"
        self.provider = iam.create_open_id_connect_provider(
            Url=f"https://{self.issuer}", ClientIDList=[self.client_id], ThumbprintList=["a" * 40]
        )["OpenIDConnectProviderArn"]
        trust = {
            "Effect": "Allow",
            "Principal": {"Federated": self.provider},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
            "Condition": {
                "StringEquals": {f"{self.issuer}:aud": self.client_id, "aws:SourceVpce": ENDPOINT},
            },
        }
        own = {"StringEquals": {"aws:PrincipalTag/tenant": "acme"}}
        iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(policy(trust)))
        iam.put_role_policy(
            RoleName="Reader",
            PolicyName="own",
            PolicyDocument=json.dumps(policy(statement("dynamodb:ListTables", Condition=own))),
        )

    def token(self, kind: str = "IdToken", *, client_id: str | None = None) -> str:
        """Sign in and return the token."""
        anybody = boto3.client(
            "cognito-idp",
            endpoint_url=self.aws.ready.endpoint_url,
            region_name=REGION,
            config=Config(signature_version=UNSIGNED),
        )
        result = anybody.initiate_auth(
            ClientId=client_id or self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ann", "PASSWORD": "Secret-123"},
        )
        return str(result["AuthenticationResult"][kind])

    @property
    def endpoint(self) -> str:
        """The URL of the listener that stands for the VPC endpoint."""
        return (self.aws.ready.listeners or {})[ENDPOINT]


def assume(url: str, token: str, **parameters: Any) -> dict[str, Any]:
    """Take a token to STS, as a client without credentials."""
    sts = boto3.client("sts", endpoint_url=url, region_name=REGION)
    asked = {"RoleArn": ROLE_ARN, "RoleSessionName": "ann", "WebIdentityToken": token, **parameters}
    return dict(sts.assume_role_with_web_identity(**asked))


def claims_of(token: str) -> dict[str, Any]:
    """Return what a token says."""
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def code(url: str, token: str) -> tuple[int, str]:
    """Return status and code of STS's refusal."""
    with pytest.raises(ClientError) as refused:
        assume(url, token)
    response = refused.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """Return a pool with a user; nobody has credentials."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        support = str(Path(__file__).parent / "support")
        patch.setenv("PYTHONPATH", os.pathsep.join([support, os.environ.get("PYTHONPATH", "")]))
        functions = Functions({"tag": "localaws_testing.functions:tag"}, account=ACCOUNT_ID)
        pool = Pool(functions)
        yield pool
        pool.aws.stop()
        functions.stop()


def test_a_users_token_opens_a_session_through_the_endpoint_that_the_trust_names(pool: Pool) -> None:
    """And says of whom; from the plain port the same call is refused."""
    token = pool.token()
    answer = assume(pool.endpoint, token, DurationSeconds=900)

    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Reader/ann"
    assert (answer["Audience"], answer["Provider"]) == (pool.client_id, pool.provider)
    assert answer["SubjectFromWebIdentityToken"] == claims_of(token)["sub"]
    assert pool.aws.session("dynamodb", answer["Credentials"]).list_tables()["TableNames"] == []  # of its tag
    with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
        assume(pool.aws.ready.endpoint_url, token)
    assert code(pool.aws.ready.endpoint_url, token) == (403, "AccessDenied")


def test_an_access_token_is_no_id_token(pool: Pool) -> None:
    """It names no audience; nor does a token with another's claims hold."""
    header, _, signature = pool.token().split(".")
    forged = encoded({**claims_of(pool.token()), "sub": "somebody-else"})

    assert code(pool.endpoint, pool.token("AccessToken")) == (400, "InvalidIdentityToken")
    assert code(pool.endpoint, f"{header}.{forged}.{signature}") == (400, "InvalidIdentityToken")


def test_a_token_of_a_client_that_the_provider_does_not_list_is_refused(pool: Pool) -> None:
    """The provider knows one client of the pool."""
    cognito = pool.aws.operator("cognito-idp")
    other = cognito.create_user_pool_client(
        UserPoolId=pool.pool_id, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]

    assert code(pool.endpoint, pool.token(client_id=other)) == (400, "InvalidIdentityToken")


def test_a_pool_or_a_provider_that_is_gone_opens_nothing(pool: Pool) -> None:
    """While all of it runs; what came before is as it was when the provider is back."""
    iam, token = pool.aws.operator("iam"), pool.token()
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=pool.provider)
    with pytest.raises(ClientError, match=f"No OpenIDConnect provider found in your account for https://{pool.issuer}"):
        assume(pool.endpoint, token)

    iam.create_open_id_connect_provider(
        Url=f"https://{pool.issuer}", ClientIDList=[pool.client_id], ThumbprintList=["a" * 40]
    )
    assert assume(pool.endpoint, token)["Audience"] == pool.client_id
    pool.aws.operator("cognito-idp").delete_user_pool(UserPoolId=pool.pool_id)
    assert code(pool.endpoint, token) == (400, "IDPCommunicationError")
