"""The environment of the app on one machine."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from bulkhead_localaws.execution import PATH, execution_token
from chalicelib.config import Config, ControlPlaneConfig, DatabaseFunctionsConfig, SigningKeysConfig
from stage.local.app_environment import (
    PREFERRED_CREDENTIALS,
    PREFERRED_ENDPOINTS,
    app_settings,
    as_shell,
    function_settings,
)
from stage.local.processes import process_basics
from tests.unit.http_stub import HttpStub, StubAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from stage.local.aws import LocalAws

OUTPUTS = {
    "region": "eu-central-1",
    "table_arn": "arn:aws:dynamodb:eu-central-1:123456789012:table/example",
    "vending_strategy": "web_identity",
    "session_per": "tenant",
    "tenant_maintenance_role_arn": "arn:aws:iam::123456789012:role/example-maintenance",
    "signing_keys_table_name": "example-signing-keys",
    "table_name": "example",
    "registry_table_name": "example-tenants",
    "export_bucket_name": "example-exports",
    "authorizer_cache_seconds": 20,
    "lambda_role_arn": "arn:aws:iam::123456789012:role/service/example-lambda",
    "authorizer_role_arn": "arn:aws:iam::123456789012:role/service/example-authorizer",
    "offboard_tenant_role_arn": "arn:aws:iam::123456789012:role/service/example-offboard",
    "tenant_role_arn": "arn:aws:iam::123456789012:role/example-tenant",
    "token_issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool",
    "user_pool_id": "eu-central-1_Pool",
    "user_pool_client_id": "client",
    "reader_secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
    "writer_secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
    "master_secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:master-AbCdEf",
}


VPC = "http://127.0.0.1:4567"


def local_aws_at(url: str) -> LocalAws:
    """Return what is known of a local AWS at this URL."""
    return cast("LocalAws", SimpleNamespace(endpoint_url=url, vpc_endpoint_url=VPC, execution_secret="secret"))


def settings_on(url: str) -> dict[str, str]:
    """Return the app's settings on a local AWS at this URL."""
    return app_settings(local_aws_at(url), OUTPUTS, cors_origin="http://127.0.0.1:8080")


SETTINGS = settings_on("http://127.0.0.1:4566")


def test_the_settings_are_all_that_the_app_must_be_told() -> None:
    """Its own check accepts them, and each value is in its place."""
    config = dataclasses.asdict(Config.from_environ(SETTINGS))
    expected = {
        "region": "eu-central-1",
        "table_arn": OUTPUTS["table_arn"],
        "strategy": "web_identity",
        "session_per": "tenant",
        "signing_keys_table_name": "example-signing-keys",
        "tenant_role_arn": OUTPUTS["tenant_role_arn"],
        "token_issuer": OUTPUTS["token_issuer"],
        "token_audience": "client",
        "jwks_url": "http://127.0.0.1:4566/eu-central-1_Pool/.well-known/jwks.json",
        "cors_origin": "http://127.0.0.1:8080",
        "registry_table_name": "example-tenants",
        "authorizer_cache_seconds": 20,
    }
    assert {name: config[name] for name in expected} == expected
    assert SETTINGS["AWS_ENDPOINT_URL"] == VPC, "what is not in the VPC could use no tenant's session"


def test_the_settings_hold_no_access_key() -> None:
    """Credentials are vended and refreshed by a URL, for the function's role only."""
    assert not set(SETTINGS) & set(PREFERRED_CREDENTIALS)
    assert SETTINGS["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == f"http://127.0.0.1:4566{PATH}example-lambda"
    assert SETTINGS["AWS_CONTAINER_AUTHORIZATION_TOKEN"] == execution_token("secret", "example-lambda")


def test_the_authorizer_has_credentials_of_its_own_beside_those_of_the_api() -> None:
    """One process plays both: each is told where its own role's are vended, and proves that it may have them."""
    of_the_authorizer = {name: value for name, value in SETTINGS.items() if name.startswith("AUTHORIZER_ROLE_")}
    assert of_the_authorizer == {
        "AUTHORIZER_ROLE_AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://127.0.0.1:4566{PATH}example-authorizer",
        "AUTHORIZER_ROLE_AWS_CONTAINER_AUTHORIZATION_TOKEN": execution_token("secret", "example-authorizer"),
    }


def test_a_function_of_the_control_plane_is_told_all_that_it_must_be_and_runs_with_its_own_role() -> None:
    """Its own checks accept the settings, and each value is in its place."""
    settings = function_settings(local_aws_at("http://127.0.0.1:4566"), OUTPUTS, "offboard_tenant")

    assert settings["AWS_CONTAINER_CREDENTIALS_FULL_URI"] == f"http://127.0.0.1:4566{PATH}example-offboard"
    assert settings["AWS_CONTAINER_AUTHORIZATION_TOKEN"] == execution_token("secret", "example-offboard")
    assert not set(settings) & set(PREFERRED_CREDENTIALS)
    assert not [name for name in settings if name.startswith("AUTHORIZER_ROLE_")]
    assert DatabaseFunctionsConfig.from_environ(settings).master_secret_arn == OUTPUTS["master_secret_arn"]
    config = dataclasses.asdict(ControlPlaneConfig.from_environ(settings))
    same = ("region", "registry_table_name", "user_pool_id", "table_name", "tenant_maintenance_role_arn")
    expected = {name: OUTPUTS[name] for name in (*same, "reader_secret_arn", "writer_secret_arn")}
    assert {name: config[name] for name in expected} == expected
    assert config["export_bucket"] == "example-exports"
    keys = SigningKeysConfig.from_environ(settings)
    assert (keys.signing_keys_table_name, keys.token_issuer) == ("example-signing-keys", OUTPUTS["token_issuer"])
    assert keys.jwks_url == SETTINGS["JWKS_URL"]


def test_an_erasure_begins_after_the_cache_has_expired_and_the_last_request_is_answered() -> None:
    """A request that was admitted in the cache's last second may run for API Gateway's 29 seconds."""
    settings = function_settings(local_aws_at("http://127.0.0.1:4566"), OUTPUTS, "offboard_tenant")
    assert int(settings["ERASE_AFTER_SECONDS"]) >= cast("int", OUTPUTS["authorizer_cache_seconds"]) + 29


def test_of_an_environment_only_the_basics_are_passed_on() -> None:
    """Neither credentials nor endpoints nor proxies of the person who runs it."""
    environment = {"PATH": "/bin", "HOME": "/home/x", "AWS_PROFILE": "prod", "HTTP_PROXY": "x", "CORS_ORIGIN": "*"}
    assert process_basics(environment) == {"PATH": "/bin", "HOME": "/home/x"}


def source(folder: Path, file: str, environment: Mapping[str, str], command: str) -> str:
    """Source a file in a shell as a developer does, and return what a command then prints."""
    (folder / "env").write_text(file)
    finished = subprocess.run(
        ["/bin/sh", "-eu", "-c", f". '{folder}/env'; {command}"],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


PRINT_ENVIRONMENT = f"exec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("plain", id="plain"),
        pytest.param("", id="empty"),
        pytest.param("two words", id="space"),
        pytest.param('it\'s "quoted"', id="quotes"),
        pytest.param("$HOME `id` $(id) \\ !", id="what a shell would expand"),
        pytest.param("a; exit 1 # b & c | d > e", id="what a shell would run"),
        pytest.param("line\nline\ttab", id="newline"),
        pytest.param("*~?[a]", id="what a shell would match"),
        pytest.param("\u00fc\u2692", id="outside ASCII"),
    ],
)
def test_every_value_survives_the_shell(tmp_path: Path, value: str) -> None:
    """Sourcing the file gives exactly the setting and runs nothing."""
    environment = json.loads(source(tmp_path, as_shell({"SETTING": value}), {"PATH": os.defpath}, PRINT_ENVIRONMENT))
    assert environment["SETTING"] == value


@pytest.mark.parametrize("name", PREFERRED_CREDENTIALS + PREFERRED_ENDPOINTS)
def test_sourcing_takes_away_what_an_sdk_would_prefer(tmp_path: Path, name: str) -> None:
    """Else the app would run with the developer's own rights, or against another AWS."""
    before = {"PATH": os.defpath, name: "mine", "EDITOR": "vi"}
    environment = json.loads(source(tmp_path, as_shell(SETTINGS), before, PRINT_ENVIRONMENT))
    assert name not in environment
    assert environment["EDITOR"] == "vi"
    assert SETTINGS.items() <= environment.items()


RESOLVE = f"""exec {sys.executable} -c '
from botocore.session import Session
session = Session()
credentials = session.get_credentials().get_frozen_credentials()
endpoint = session.create_client("dynamodb").meta.endpoint_url
print(credentials.access_key, credentials.token, session.create_client("sts").meta.endpoint_url, endpoint)
'"""


def test_the_sdk_then_uses_the_roles_credentials_whatever_the_developer_had_set(tmp_path: Path) -> None:
    """With every source of credentials that an SDK prefers filled by somebody else's, the role's own are used."""
    others = "[default]\naws_access_key_id = mine\naws_secret_access_key = mine\n"
    (tmp_path / ".aws").mkdir()
    for name in (".boto", ".aws/credentials", ".aws/config", "shared", "config"):
        (tmp_path / name).write_text(others.replace("default", "Credentials") if name == ".boto" else others)
    (tmp_path / "ec2").write_text("AWSAccessKeyId=mine\nAWSSecretKey=mine\n")
    (tmp_path / "token").write_text("mine")
    developers = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "mine",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_SESSION_TOKEN": "mine",
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "shared"),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_CREDENTIAL_FILE": str(tmp_path / "ec2"),
        "BOTO_CONFIG": str(tmp_path / ".boto"),
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/mine",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/mine",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token"),
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1",
    }
    vended = {
        "AccessKeyId": "ASIAROLE",
        "SecretAccessKey": "s",
        "Token": "role-token",
        "Expiration": "2099-01-01T00:00:00Z",
    }
    with HttpStub(lambda _: StubAnswer(body=json.dumps(vended).encode())) as stub:
        printed = source(tmp_path, as_shell(settings_on(stub.url)), developers, RESOLVE)

    assert printed.split() == ["ASIAROLE", "role-token", VPC, VPC]
    assert stub.asked[0].path == f"{PATH}example-lambda"
    assert stub.asked[0].headers["authorization"] == execution_token("secret", "example-lambda")
