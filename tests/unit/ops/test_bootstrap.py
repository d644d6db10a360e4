"""What an account gets before its first stage: on an emulated AWS, which enforces no IAM."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from rich.console import Console

from chalicelib import PRODUCT
from ops import bootstrap
from ops.bootstrap import Bootstrap
from stage.errors import CommandError
from stage.live import state_bucket
from stage.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REGION, ACCOUNT = "eu-central-1", "123456789012"
BUCKET = f"{PRODUCT}-state-123456789012-eu-central-1"
LOGS_ROLE = f"arn:aws:iam::123456789012:role/{PRODUCT}-ApiGatewayLogsRole"


class Account:
    """An emulated account that can be bootstrapped, and what was said and waited meanwhile."""

    def __init__(self, region: str = REGION) -> None:
        self.session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=region)
        self.s3: Any = self.session.client("s3")
        self.iam: Any = self.session.client("iam")
        self.api_gateway: Any = self.session.client("apigateway")
        self.slept: list[float] = []

    def bootstrap(self) -> str:
        """Run once, and return what was said."""
        said = io.StringIO()
        progress = Progress(Console(file=said, width=200))
        Bootstrap(self.session, ACCOUNT, progress, self.slept.append).run()
        return said.getvalue()


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account in which nothing is prepared; the developer's own settings are out of sight."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        yield Account()


def _refusing(code: str, times: int) -> Callable[..., None]:
    """Return a listener that has the first calls refused, as the service would."""
    left = [times]

    def refuse(**_: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")

    return refuse


def test_the_state_is_kept_privately_and_with_its_versions(account: Account) -> None:
    """The state names every resource of a stage: nobody outside reads it, and a broken one can be brought back."""
    account.bootstrap()

    blocked = account.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    [rule] = account.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    [ownership] = account.s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    [expiry] = account.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert set(blocked.values()) == {True}
    assert len(blocked) == 4
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert ownership == {"ObjectOwnership": "BucketOwnerEnforced"}
    assert account.s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert "Expiration" not in expiry
    assert expiry["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert account.s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION


def test_whoever_calls_without_tls_is_refused(account: Account) -> None:
    """The bucket's policy allows nothing, and denies everything without TLS."""
    account.bootstrap()

    policy = json.loads(account.s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    assert policy["Statement"] == [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]


def test_an_emulator_without_tls_is_not_locked_out(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy would refuse every call there; that it is missing is said."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://s3.amazonaws.com")
    local = Account()

    said = local.bootstrap()

    assert "without TLS: SKIPPED" in said
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        account.s3.get_bucket_policy(Bucket=BUCKET)


def test_api_gateway_gets_a_role_for_its_logs(account: Account) -> None:
    """API Gateway alone may take the role, which may write logs."""
    account.bootstrap()

    role = account.iam.get_role(RoleName=f"{PRODUCT}-ApiGatewayLogsRole")["Role"]
    [attached] = account.iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    [statement] = role["AssumeRolePolicyDocument"]["Statement"]
    assert account.api_gateway.get_account()["cloudwatchRoleArn"] == role["Arn"] == LOGS_ROLE
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert attached["PolicyName"] == "AmazonAPIGatewayPushToCloudWatchLogs"


def test_a_role_that_others_gave_to_api_gateway_stays(account: Account) -> None:
    """All APIs of the account and region share it: another one's logs must not stop."""
    others = "arn:aws:iam::123456789012:role/SomebodyElsesRole"
    account.api_gateway.update_account(
        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": others}]
    )

    said = account.bootstrap()

    assert f"SKIPPED, it has {others}" in said
    assert account.api_gateway.get_account()["cloudwatchRoleArn"] == others
    with pytest.raises(ClientError, match="NoSuchEntity"):
        account.iam.get_role(RoleName=f"{PRODUCT}-ApiGatewayLogsRole")


def test_a_second_run_makes_nothing_and_repairs_what_was_opened(account: Account) -> None:
    """It says that the bucket is there, and closes it again; a key that somebody has chosen stays."""
    account.bootstrap()
    account.s3.delete_public_access_block(Bucket=BUCKET)
    account.s3.delete_bucket_policy(Bucket=BUCKET)
    account.s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
        },
    )

    said = account.bootstrap()

    [rule] = account.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert f"making the state bucket {BUCKET}: SKIPPED, it is there" in said
    assert f"SKIPPED, it has {LOGS_ROLE}" in said
    assert account.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "TlsOnly" in account.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]


def test_a_run_that_was_cut_short_is_finished_by_the_next(account: Account) -> None:
    """The role may be there while API Gateway does not have it yet."""
    account.iam.create_role(RoleName=f"{PRODUCT}-ApiGatewayLogsRole", AssumeRolePolicyDocument="{}")

    account.bootstrap()

    assert account.api_gateway.get_account()["cloudwatchRoleArn"] == LOGS_ROLE


def test_the_first_region_of_aws_takes_no_location(account: Account) -> None:
    """S3 refuses us-east-1 as a location, although it is one."""
    del account
    first = Account("us-east-1")

    first.bootstrap()

    assert first.s3.head_bucket(Bucket=state_bucket(ACCOUNT, "us-east-1"))


def test_api_gateway_is_given_time_to_learn_of_a_new_role(account: Account) -> None:
    """IAM tells other services of a role a little later: until then API Gateway refuses it as a bad request."""
    account.session.events.register("before-call.api-gateway.UpdateAccount", _refusing("BadRequestException", times=2))

    account.bootstrap()

    assert account.slept == [3.0, 3.0]
    assert account.api_gateway.get_account()["cloudwatchRoleArn"] == LOGS_ROLE


def test_a_role_that_api_gateway_never_takes_ends_the_wait(account: Account) -> None:
    """After half a minute it is not a matter of time."""
    account.session.events.register("before-call.api-gateway.UpdateAccount", _refusing("BadRequestException", times=99))

    with pytest.raises(CommandError, match=r"AWS refuses \(.*BadRequestException"):
        account.bootstrap()
    assert len(account.slept) == 9


def test_a_bucket_of_another_account_is_refused(account: Account) -> None:
    """Names of buckets are unique in all of AWS: somebody else may have taken this one, to read our state."""
    account.session.events.register("before-call.s3.HeadBucket", _refusing("403", times=1))

    with pytest.raises(CommandError, match="is another account's, or closed to you"):
        account.bootstrap()


def test_whoever_may_not_do_it_is_told_who_may(account: Account) -> None:
    """AWS's own words, and what to do, in one sentence."""
    account.session.events.register("before-call.s3.CreateBucket", _refusing("AccessDenied", times=1))

    with pytest.raises(
        CommandError, match=r"AWS refuses \(.*AccessDenied.*\): run .make bootstrap. as an administrator"
    ):
        account.bootstrap()


@pytest.mark.parametrize("stage", [[], ["nowhere"], ["../dev"]])
def test_a_stage_that_nobody_described_is_refused(stage: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence that says what to do, before AWS is called."""
    assert bootstrap.main(stage) == 2
    assert "dev" in capsys.readouterr().err


def test_somebody_without_credentials_is_told_to_sign_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is changed."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    assert bootstrap.main(["dev"]) == 2
    assert "AWS does not know you" in capsys.readouterr().err
