"""A stage of infra/local that is applied on the local AWS, and who may call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib import PRODUCT
from stage.clients import AwsEndpoint
from stage.local.app_environment import vended_credentials
from stage.local.aws import VPC_ENDPOINT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from subprocess import CompletedProcess

    from stage.local.aws import LocalAws
    from tests.infra.conftest import Workspace

MASTER_PASSWORD = "the-master-password-of-a-server-that-runs"
DATABASE = {"host": "127.0.0.1", "port": 5433, "name": "app"}
REGION = "eu-central-1"
_STAGE = "applied"
#: The function that the user pool's trigger names.
APPLIED_TRIGGER = f"{PRODUCT}-{_STAGE}-tag_id_token"
#: What the stage is told.
VARIABLES = {
    "TF_VAR_stage": _STAGE,
    "TF_VAR_vpc_endpoint_id": VPC_ENDPOINT_ID,
    "TF_VAR_database": json.dumps(DATABASE),
    "TF_VAR_database_master_username": "postgres",
    "TF_VAR_database_master_password": MASTER_PASSWORD,
}


class AppliedStage:
    """A stage of the default strategy that has a database's secrets, and no database."""

    def __init__(self, workspace: Workspace, root: Path, folder: Path, local_aws: LocalAws) -> None:
        self.folder = folder
        self._workspace = workspace
        self._root = root
        self._local_aws = local_aws

    def terraform(self, *arguments: str) -> CompletedProcess[str]:
        """Run one Terraform command with the stage's variables; it must succeed."""
        result = self._workspace.terraform(self._root, *arguments, environ=VARIABLES)
        assert result.returncode == 0, result.stderr
        return result

    def outputs(self) -> dict[str, Any]:
        """Return the outputs that have a value."""
        return {name: output["value"] for name, output in json.loads(self.terraform("output", "-json").stdout).items()}

    def operator(self, service: str) -> Any:
        """Return the administrator's client of a service."""
        return self._aws.as_operator(service, self._local_aws.operator)

    def function(self, role_arn: str, service: str) -> Any:
        """Return the client of a function that the Lambda service runs with this role."""
        return self._aws.as_function(service, vended_credentials(self._local_aws, role_arn))

    def session(self, credentials: Mapping[str, Any], service: str, *, outside: bool = False) -> Any:
        """Return the client of a session that STS vended: in the stage's network, or outside of it."""
        return self._reached(outside=outside).as_session(service, credentials)

    def anybody(self, service: str, *, outside: bool) -> Any:
        """Return the client of somebody who has no credentials: in the stage's network, or outside of it."""
        return self._reached(outside=outside).as_nobody(service)

    @property
    def _aws(self) -> AwsEndpoint:
        return self._reached(outside=True)

    def _reached(self, *, outside: bool) -> AwsEndpoint:
        local_aws = self._local_aws
        return AwsEndpoint(REGION, local_aws.endpoint_url if outside else local_aws.vpc_endpoint_url)
