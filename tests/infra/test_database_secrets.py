"""The database's secrets on a local AWS: what is in them, who keeps it, and what a second apply does to them."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.infra.conftest import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from ops.local_aws import LocalAws
    from tests.infra.conftest import Workspace

_MASTER_PASSWORD = "the-master-password-of-a-server-that-runs"
_DATABASE = {"host": "127.0.0.1", "port": 5433, "name": "bulkhead"}
_VARIABLES = {
    "TF_VAR_stage": "secrets",
    "TF_VAR_database": json.dumps(_DATABASE),
    "TF_VAR_database_master_username": "postgres",
    "TF_VAR_database_master_password": _MASTER_PASSWORD,
}


class AppliedStage:
    """A stage of infra/local that has a database, and the administrator's client of its secrets."""

    def __init__(self, workspace: Workspace, root: Path, folder: Path, client: Any) -> None:
        self.folder = folder
        self.secrets = client
        self._workspace = workspace
        self._root = root

    def terraform(self, *arguments: str) -> CompletedProcess[str]:
        """Run one Terraform command with the stage's variables; it must succeed."""
        result = self._workspace.terraform(self._root, *arguments, environ=_VARIABLES)
        assert result.returncode == 0, result.stderr
        return result

    def outputs(self) -> dict[str, Any]:
        """Return the outputs that have a value."""
        return {name: output["value"] for name, output in json.loads(self.terraform("output", "-json").stdout).items()}

    def login(self, secret_id: str) -> dict[str, Any]:
        """Return what is in a secret now."""
        value = self.secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
        login: dict[str, Any] = json.loads(value["SecretString"])
        return login


@pytest.fixture(scope="module")
def stage(
    workspace: Workspace, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppliedStage]:
    """Plan and apply a stage, and destroy it in the end, after which no secret may be left."""
    folder = tmp_path_factory.mktemp("stage")
    client = boto3.client(
        "secretsmanager",
        endpoint_url=local_aws.endpoint_url,
        region_name=REGION,
        aws_access_key_id=local_aws.operator_access_key_id,
        aws_secret_access_key=local_aws.operator_secret_access_key,
    )
    root = workspace.applicable("local", "applied", folder / "terraform.tfstate")
    stage = AppliedStage(workspace, root, folder, client)
    stage.terraform("plan", "-input=false", f"-out={folder / 'plan'}")
    stage.terraform("apply", "-input=false", str(folder / "plan"))
    yield stage
    stage.terraform("destroy", "-input=false", "-auto-approve")
    assert client.list_secrets()["SecretList"] == []


def test_each_secret_holds_a_login_in_the_form_of_rds(stage: AppliedStage) -> None:
    """Master, reader and writer have what a client needs to connect, and three different passwords."""
    outputs = stage.outputs()

    logins = {role: stage.login(outputs[f"{role}_secret_arn"]) for role in ("master", "reader", "writer")}

    passwords = {role: login.pop("password") for role, login in logins.items()}
    endpoint = {"engine": "postgres", "host": "127.0.0.1", "port": 5433, "dbname": "bulkhead"}
    assert logins == {
        "master": {**endpoint, "username": "postgres"},
        "reader": {**endpoint, "username": "app_reader"},
        "writer": {**endpoint, "username": "app_writer"},
    }
    assert passwords["master"] == _MASTER_PASSWORD
    assert len(set(passwords.values())) == 3
    assert all(len(passwords[role]) == 40 and passwords[role].isalnum() for role in ("reader", "writer"))


def test_terraform_keeps_no_password(stage: AppliedStage) -> None:
    """Neither the state nor the plan file holds a password; both hold the secrets' names, so they were looked at."""
    outputs = stage.outputs()
    passwords = [stage.login(outputs[f"{role}_secret_arn"])["password"] for role in ("master", "reader", "writer")]
    with zipfile.ZipFile(stage.folder / "plan") as plan:
        kept = b"".join(plan.read(name) for name in plan.namelist())

    kept += (stage.folder / "terraform.tfstate").read_bytes()

    assert kept.count(b"database/app_writer") >= 2
    assert [password for password in passwords if password.encode() in kept] == []


def test_another_apply_keeps_every_password(stage: AppliedStage) -> None:
    """Terraform draws new passwords at every run, and writes none: also where rotation has moved on twice."""
    outputs = stage.outputs()
    reader, writer = outputs["reader_secret_arn"], outputs["writer_secret_arn"]
    before = stage.login(reader)
    for password in ("rotated-once", "rotated-twice"):
        rotated = {**stage.login(writer), "password": password.ljust(40, "0")}
        _rotate(stage.secrets, writer, rotated)

    applied = stage.terraform("apply", "-input=false", "-auto-approve")

    assert "0 added, 0 changed, 0 destroyed" in applied.stdout
    assert stage.login(reader) == before
    assert stage.login(writer) == rotated


def _rotate(secrets: Any, secret_id: str, login: dict[str, Any]) -> None:
    """Write a new version as rotation does: pending first, then current in the place of the old one."""
    [current] = _versions(secrets, secret_id, "AWSCURRENT")
    pending = secrets.put_secret_value(
        SecretId=secret_id, SecretString=json.dumps(login), VersionStages=["AWSPENDING"]
    )["VersionId"]
    secrets.update_secret_version_stage(
        SecretId=secret_id, VersionStage="AWSCURRENT", MoveToVersionId=pending, RemoveFromVersionId=current
    )


def _versions(secrets: Any, secret_id: str, stage: str) -> list[str]:
    stages = secrets.describe_secret(SecretId=secret_id)["VersionIdsToStages"]
    return [version for version, labels in stages.items() if stage in labels]
