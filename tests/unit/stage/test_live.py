"""A stage on AWS: found by its file and the caller's account, and described from Terraform's outputs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib import PRODUCT
from stage.document import Stage
from stage.errors import CommandError
from stage.functions import TENANT_FUNCTIONS
from stage.live import LiveStage, stage_of
from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = ClientError({"Error": {"Code": "ExpiredToken", "Message": "The token is expired"}}, "GetCallerIdentity")


class FakeSts:
    """Answers who the caller is."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get_caller_identity(self) -> Any:
        """See boto3."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Account": self.answer}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two stages, and a caller whom AWS knows."""
    stages = tmp_path / "infra" / "live" / "stages"
    stages.mkdir(parents=True)
    (stages / "dev.tfvars").write_text('# a stage\nstage  = "dev"\nregion = "eu-central-1"\n')
    (stages / "odd.tfvars").write_text('# region = "eu-central-1"\nregion = local.region\n')
    (stages / "copy.tfvars").write_text('stage  = "dev"\nregion = "eu-central-1"\n')
    monkeypatch.setattr(boto3, "client", lambda *_, **__: FakeSts("123456789012"))
    return tmp_path


def test_a_stage_is_found_by_its_file(checkout: Path) -> None:
    """With its region from the file and its account from the credentials."""
    stage = LiveStage.find(checkout, "dev")
    assert (stage.region, stage.account_id) == ("eu-central-1", "123456789012")
    assert stage.var_file == checkout / "infra/live/stages/dev.tfvars"
    assert stage.document == checkout / ".local/live/dev/stage.json"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "say which stage: STAGE=... with one of copy, dev, odd"),
        ("../dev", "say which stage"),
        ("a b", "say which stage"),
        ("prod", "infra/live/stages/prod.tfvars is not there: write it, or take one of copy, dev, odd"),
        ("odd", "infra/live/stages/odd.tfvars names no region"),
        ("copy", 'infra/live/stages/copy.tfvars is of another stage: write stage = "copy"'),
    ],
)
def test_what_is_no_stage_is_said_to_be_none(checkout: Path, name: str, message: str) -> None:
    """Before anybody is asked who the caller is."""
    with pytest.raises(CommandError, match=message):
        LiveStage.find(checkout, name)


@pytest.mark.parametrize("error", [NoCredentialsError(), FORBIDDEN], ids=["no credentials", "expired"])
def test_a_caller_whom_aws_does_not_know_is_told_so(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """In one sentence, with what to do."""
    monkeypatch.setattr(boto3, "client", lambda *_, **__: FakeSts(error))
    with pytest.raises(CommandError, match=r"AWS does not know you \(.+\): set AWS_PROFILE, or sign in"):
        LiveStage.find(checkout, "dev")


def test_terraform_gets_the_callers_credentials_and_the_stages_state(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else of the shell."""
    made: list[Any] = []
    monkeypatch.setattr(TerraformRoot, "__init__", lambda _, *given: made.append(given))
    monkeypatch.setattr(TerraformRoot, "init", lambda _: None)
    before = set(os.environ)
    for name in ("AWS_PROFILE", "TF_VAR_x", "TF_LOG", "PASSWORD"):
        monkeypatch.setenv(name, "given")
    LiveStage.find(checkout, "dev").terraform()
    ((_, _, environment, backend, log),) = made
    assert log is None
    assert environment.items() >= {"AWS_PROFILE": "given", "TF_VAR_x": "given"}.items()
    assert not {"TF_LOG", "PASSWORD"} & set(environment)
    assert set(environment) - before == {"AWS_PROFILE", "TF_VAR_x"} - before
    assert backend == {
        "bucket": f"{PRODUCT}-state-123456789012-eu-central-1",
        "key": f"{PRODUCT}/dev.tfstate",
        "region": "eu-central-1",
    }


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ('Error: S3 bucket "x" does not exist.', "run `make bootstrap STAGE=dev` once"),
        ("Error: Error acquiring the state lock", "Error acquiring the state lock"),
        ('Unable to list objects in S3 bucket "x": 403 AccessDenied', "403 AccessDenied$"),
    ],
)
def test_a_state_that_cannot_be_reached_is_said_with_what_to_do(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, said: str, message: str
) -> None:
    """The first time, the bucket is missing; everything else is in Terraform's own words."""

    def fail(_: TerraformRoot) -> None:
        raise CommandError(said)

    monkeypatch.setattr(TerraformRoot, "init", fail)
    with pytest.raises(CommandError, match=message):
        LiveStage.find(checkout, "dev").terraform()


OUTPUTS: dict[str, Any] = {
    "api_url": "https://api.example.com/live",
    "region": "eu-central-1",
    "account_id": "123456789012",
    "lambda_role_arn": "arn:lambda",
    "authorizer_role_arn": "arn:authorizer",
    "vending_strategy": "web_identity",
    "session_per": "tenant",
    "tenant_maintenance_role_arn": "arn:maintenance",
    "signing_keys_table_name": "example-dev-signing-keys",
    "tenant_role_arn": "arn:tenant",
    "table_name": "example-dev",
    "registry_table_name": "example-dev-tenants",
    "export_bucket_name": "exports",
    "user_pool_id": "eu-central-1_Pool",
    "user_pool_client_id": "client",
    "database_host": "db.example.com",
    "database_port": 5432,
    "database_name": "app",
    "reader_secret_arn": "arn:reader",
    "writer_secret_arn": "arn:writer",
    "master_secret_arn": "arn:master",
    "enforces_leading_keys": True,
    "disposable": True,
    "function_names": {
        name: f"example-dev-{name}"
        for name in (*TENANT_FUNCTIONS, "api_handler", "migrate_database", "refresh_signing_keys")
    },
}


def test_the_document_names_the_functions_and_holds_no_key(tmp_path: Path) -> None:
    """It is what `make tenants` needs; no operator, no password."""
    stage_of(OUTPUTS).save(tmp_path / "stage.json")
    loaded = Stage.load(tmp_path / "stage.json")
    assert loaded.lambda_functions == {name: f"example-dev-{name}" for name in TENANT_FUNCTIONS}
    assert not {"operator", "users", "lambda_credentials", "functions"} & set(
        (tmp_path / "stage.json").read_text().split('"')
    )
