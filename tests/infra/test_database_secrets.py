"""The database's secrets on a local AWS: what is in them, who keeps it, and what a second apply does to them."""

from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING, Any

from tests.infra.applied_stage import MASTER_PASSWORD

if TYPE_CHECKING:
    from tests.infra.applied_stage import AppliedStage


def _login(secrets: Any, secret_id: str) -> dict[str, Any]:
    """Return what is in a secret now."""
    value = secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
    login: dict[str, Any] = json.loads(value["SecretString"])
    return login


def test_each_secret_holds_a_login_in_the_form_of_rds(stage: AppliedStage) -> None:
    """Master, reader and writer have what a client needs to connect, and three different passwords."""
    outputs, secrets = stage.outputs(), stage.operator("secretsmanager")

    logins = {role: _login(secrets, outputs[f"{role}_secret_arn"]) for role in ("master", "reader", "writer")}

    passwords = {role: login.pop("password") for role, login in logins.items()}
    endpoint = {"engine": "postgres", "host": "127.0.0.1", "port": 5433, "dbname": "app"}
    assert logins == {
        "master": {**endpoint, "username": "postgres"},
        "reader": {**endpoint, "username": "app_reader"},
        "writer": {**endpoint, "username": "app_writer"},
    }
    assert passwords["master"] == MASTER_PASSWORD
    assert len(set(passwords.values())) == 3
    assert all(len(passwords[role]) == 40 and passwords[role].isalnum() for role in ("reader", "writer"))


def test_terraform_keeps_no_password(stage: AppliedStage) -> None:
    """Neither the state nor the plan file holds a password; both hold the secrets' names, so they were looked at."""
    outputs, secrets = stage.outputs(), stage.operator("secretsmanager")
    passwords = [_login(secrets, outputs[f"{role}_secret_arn"])["password"] for role in ("master", "reader", "writer")]
    with zipfile.ZipFile(stage.folder / "plan") as plan:
        kept = b"".join(plan.read(name) for name in plan.namelist())

    kept += (stage.folder / "terraform.tfstate").read_bytes()

    assert kept.count(b"database/app_writer") >= 2
    assert [password for password in passwords if password.encode() in kept] == []


def test_another_apply_keeps_every_password(stage: AppliedStage) -> None:
    """Terraform draws new passwords at every run, and writes none: also where rotation has moved on twice."""
    outputs, secrets = stage.outputs(), stage.operator("secretsmanager")
    reader, writer = outputs["reader_secret_arn"], outputs["writer_secret_arn"]
    before = _login(secrets, reader)
    for password in ("rotated-once", "rotated-twice"):
        rotated = {**_login(secrets, writer), "password": password.ljust(40, "0")}
        _rotate(secrets, writer, rotated)

    applied = stage.terraform("apply", "-input=false", "-auto-approve")

    assert "0 added, 0 changed, 0 destroyed" in applied.stdout
    assert _login(secrets, reader) == before
    assert _login(secrets, writer) == rotated


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
