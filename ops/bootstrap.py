"""`make bootstrap STAGE=`: what an account needs once in a region before its first stage. It can be run again."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.markup import escape

from chalicelib import PRODUCT
from stage.errors import CommandError
from stage.live import LiveStage, state_bucket
from stage.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FORMER_STATES_DAYS = 90
_LOGS_ROLE = f"{PRODUCT}-ApiGatewayLogsRole"
_LOGS_POLICY = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
_NO_SUCH_BUCKET, _FORBIDDEN = "404", "403"
_NOT_ALLOWED_YET = "BadRequestException"
_ATTEMPTS, _PAUSE = 10, 3.0  # seconds; IAM tells API Gateway of a new role a little later
_FAILED, _NOTHING_CHANGED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Prepare the account and region of a stage: 0 when all is there, 1 when a step failed, 2 when nothing began."""
    parser = argparse.ArgumentParser(prog="python -m ops.bootstrap", description=__doc__)
    parser.add_argument("stage", nargs="?", default="", help="one of infra/live/stages")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, stderr=True)
    begun = False
    try:
        stage = LiveStage.find(Path(__file__).parent.parent, options.stage)
        begun = True
        Bootstrap(boto3.Session(region_name=stage.region), stage.account_id, Progress(console)).run()
    except CommandError as error:
        console.print(f"[red]✗[/red] {escape(str(error))}", soft_wrap=True)
        return _FAILED if begun else _NOTHING_CHANGED
    console.print(
        f"account {stage.account_id} is ready in {stage.region}: go on with `make deploy STAGE={stage.name}`",
        soft_wrap=True,
    )
    return 0


class Bootstrap:
    """Makes what is missing. The settings of the state bucket are its own, and put right at every run.

    Args:
        session: whose region it is about.
        account_id: the account of the session's credentials.
        progress: is told of each step.
        sleep: waits for IAM; of tests.
    """

    def __init__(
        self, session: boto3.Session, account_id: str, progress: Progress, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._region = str(session.region_name)
        self._partition = session.get_partition_for_region(self._region)
        self._account_id = account_id
        self._progress = progress
        self._sleep = sleep
        self._bucket = state_bucket(account_id, self._region)
        self._s3: Any = session.client("s3")
        self._iam: Any = session.client("iam")
        self._api_gateway: Any = session.client("apigateway")

    def run(self) -> None:
        """Prepare the account.

        Raises:
            CommandError: AWS refused a step; what was done before stays, and the next run goes on from there.
        """
        try:
            if self._bucket_exists():
                self._progress.skip(f"making the state bucket {self._bucket}", "it is there")
            else:
                with self._progress.step(f"making the state bucket {self._bucket}"):
                    self._make_bucket()
            with self._progress.step("closing the state bucket to the public, and keeping its versions"):
                self._protect_bucket()
            self._require_tls()
            self._let_api_gateway_log()
        except ClientError as error:
            raise CommandError(
                f"AWS refuses ({error}): run `make bootstrap` as an administrator of account {self._account_id}"
            ) from error
        except BotoCoreError as error:
            raise CommandError(f"AWS cannot be reached ({error}): run `make bootstrap` again") from error

    def _bucket_exists(self) -> bool:
        try:
            self._s3.head_bucket(Bucket=self._bucket, ExpectedBucketOwner=self._account_id)
        except ClientError as error:
            if error.response["Error"]["Code"] == _FORBIDDEN:
                raise CommandError(
                    f"the bucket {self._bucket} is another account's, or closed to you: "
                    f"take credentials that may use it, or have its owner delete it"
                ) from None
            if error.response["Error"]["Code"] != _NO_SUCH_BUCKET:
                raise
            return False
        return True

    def _make_bucket(self) -> None:
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self._region}}
        self._s3.create_bucket(Bucket=self._bucket, **({} if self._region == "us-east-1" else elsewhere))
        # Not at every run: somebody may have given the bucket a key of their own since.
        self._s3.put_bucket_encryption(
            **self._own_bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )

    def _protect_bucket(self) -> None:
        """Close the bucket; its settings are repaired when somebody has changed them."""
        self._s3.put_public_access_block(
            **self._own_bucket,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        self._s3.put_bucket_ownership_controls(
            **self._own_bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
        self._s3.put_bucket_versioning(**self._own_bucket, VersioningConfiguration={"Status": "Enabled"})
        self._s3.put_bucket_lifecycle_configuration(
            **self._own_bucket,
            LifecycleConfiguration={
                "Rules": [
                    {
                        "ID": "ExpireFormerStates",
                        "Status": "Enabled",
                        "Filter": {"Prefix": ""},
                        "NoncurrentVersionExpiration": {"NoncurrentDays": _FORMER_STATES_DAYS},
                        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
                    }
                ]
            },
        )

    def _require_tls(self) -> None:
        what = "refusing whoever calls the state bucket without TLS"
        if self._s3.meta.endpoint_url.startswith("http://"):
            self._progress.skip(what, "this is an emulator, which has no TLS")
            return
        arn = f"arn:{self._partition}:s3:::{self._bucket}"
        statement = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        with self._progress.step(what):
            self._s3.put_bucket_policy(
                **self._own_bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            )

    def _let_api_gateway_log(self) -> None:
        """Give API Gateway a role for its logs, unless it has one: all APIs of the account and region share it.

        Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
        """
        what = "giving API Gateway a role for its logs"
        present = self._api_gateway.get_account().get("cloudwatchRoleArn")
        if present:
            self._progress.skip(what, f"it has {present}")
            return
        with self._progress.step(what):
            role = self._logs_role()
            for attempts_left in reversed(range(_ATTEMPTS)):
                try:
                    self._api_gateway.update_account(
                        patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}]
                    )
                except ClientError as error:
                    if not attempts_left or error.response["Error"]["Code"] != _NOT_ALLOWED_YET:
                        raise
                    self._sleep(_PAUSE)
                else:
                    return

    def _logs_role(self) -> str:
        trust = {
            "Sid": "ApiGatewayServiceOnly",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        try:
            role = self._iam.get_role(RoleName=_LOGS_ROLE)["Role"]
        except self._iam.exceptions.NoSuchEntityException:
            role = self._iam.create_role(
                RoleName=_LOGS_ROLE,
                Description=f"API Gateway writes logs for all APIs of the account; made by make bootstrap, {PRODUCT}.",
                AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
            )["Role"]
        self._iam.attach_role_policy(
            RoleName=_LOGS_ROLE, PolicyArn=f"arn:{self._partition}:iam::aws:policy/{_LOGS_POLICY}"
        )
        return str(role["Arn"])

    @property
    def _own_bucket(self) -> dict[str, str]:
        """Name the bucket, and refuse it when another account has taken it."""
        return {"Bucket": self._bucket, "ExpectedBucketOwner": self._account_id}


if __name__ == "__main__":
    sys.exit(main())
