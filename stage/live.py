"""A stage on AWS: its file of variables, its Terraform state, and its document."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import PRODUCT
from stage.clients import AwsEndpoint
from stage.document import Stage, told_by
from stage.errors import CommandError
from stage.functions import TENANT_FUNCTIONS
from stage.product import check_product
from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from pathlib import Path

_STAGE = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")
_REGION = re.compile(r'^region\s*=\s*"([a-z0-9-]+)"', re.MULTILINE)
_NAME = re.compile(r'^stage\s*=\s*"([^"]*)"', re.MULTILINE)
_NO_BUCKET = re.compile(r"S3 bucket \S+ does not exist")
#: What Terraform gets of the caller's settings: credentials, endpoints, and variables that no file should hold.
_PASSED_ON = ("AWS_", "TF_VAR_")


@dataclass(frozen=True, slots=True)
class LiveStage:
    """One stage of `infra/live`, and the account that the caller's credentials belong to."""

    name: str
    project: Path
    region: str
    account_id: str

    @classmethod
    def find(cls, project: Path, name: str) -> Self:
        """Return the stage that a file in `infra/live/stages` describes.

        Raises:
            CommandError: AWS would refuse the product's name, there is no such stage, or AWS does not know the caller.
        """
        check_product(PRODUCT)
        stages = project / "infra" / "live" / "stages"
        known = ", ".join(sorted(file.stem for file in stages.glob("*.tfvars")))
        if not _STAGE.fullmatch(name):
            raise CommandError(f"say which stage: STAGE=... with one of {known}")
        file = stages / f"{name}.tfvars"
        if not file.is_file():
            raise CommandError(f"{file.relative_to(project)} is not there: write it, or take one of {known}")
        region = _REGION.search(file.read_text())
        if region is None:
            raise CommandError(
                f'{file.relative_to(project)} names no region: write region = "..." on a line of its own'
            )
        if _NAME.findall(file.read_text()) != [name]:
            raise CommandError(
                f'{file.relative_to(project)} is of another stage: write stage = "{name}" on a line of its own'
            )
        return cls(name, project, region[1], _account(region[1]))

    @property
    def var_file(self) -> Path:
        """The stage's variables."""
        return self.project / "infra" / "live" / "stages" / f"{self.name}.tfvars"

    @property
    def folder(self) -> Path:
        """Where this machine keeps what it knows of the stage."""
        return self.project / ".local" / "live" / self.name

    @property
    def document(self) -> Path:
        """Where the stage document goes."""
        return self.folder / "stage.json"

    def terraform(self, *, quiet: bool = False) -> TerraformRoot:
        """Return the root with the stage's state, initialised; when it is quiet, plans go to `terraform.log`.

        Raises:
            CommandError: the state cannot be reached.
        """
        backend = {
            "bucket": state_bucket(self.account_id, self.region),
            "key": f"{PRODUCT}/{self.name}.tfstate",
            "region": self.region,
        }
        environment = {name: value for name, value in os.environ.items() if name.startswith(_PASSED_ON)}
        log = self.folder / "terraform.log" if quiet else None
        root = TerraformRoot(self.project / "infra" / "live", self.folder / "terraform", environment, backend, log)
        try:
            root.init()
        except CommandError as error:
            if "NoSuchBucket" in str(error) or _NO_BUCKET.search(str(error)):
                raise CommandError(
                    f"there is no bucket {backend['bucket']} for the state: run `make bootstrap STAGE={self.name}` once"
                ) from error
            raise
        return root


def state_bucket(account_id: str, region: str) -> str:
    """Return the name of the bucket with the state of all stages of an account in a region."""
    return f"{PRODUCT}-state-{account_id}-{region}"


def _account(region: str) -> str:
    try:
        return str(AwsEndpoint(region).as_caller("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS does not know you ({error}): set AWS_PROFILE, or sign in") from None


def stage_of(outputs: dict[str, Any]) -> Stage:
    """Return the stage document of what `infra/live` has applied."""
    return Stage(
        api_url=outputs["api_url"],
        **told_by(outputs),
        lambda_functions={name: outputs["function_names"][name] for name in TENANT_FUNCTIONS},
    )
