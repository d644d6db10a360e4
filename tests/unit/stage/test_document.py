"""The stage document: a running stage as tests, tools and people see it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from chalicelib.config import SessionPer, Strategy
from stage.document import (
    DEFAULT_PATH,
    DatabaseEndpoint,
    LambdaCredentials,
    LocalStage,
    Operator,
    User,
    write_privately,
)
from stage.errors import CommandError

STAGE = LocalStage(
    api_url="http://127.0.0.1:8000",
    aws_endpoint_url="http://127.0.0.1:4566",
    vpc_endpoint_url="http://127.0.0.1:4567",
    region="eu-central-1",
    account_id="123456789012",
    operator=Operator(access_key_id="AKIATEST", secret_access_key="operators-secret"),
    lambda_role_arn="arn:aws:iam::123456789012:role/lambda",
    lambda_credentials=LambdaCredentials(full_uri="http://127.0.0.1:4566/x", authorization_token="role-token"),
    authorizer_role_arn="arn:aws:iam::123456789012:role/authorizer",
    vending_strategy=Strategy.WEB_IDENTITY,
    session_per=SessionPer.TENANT,
    tenant_maintenance_role_arn="arn:aws:iam::123456789012:role/maintenance",
    signing_keys_table_name="example-signing-keys",
    tenant_role_arn="arn:aws:iam::123456789012:role/tenant",
    table_name="example",
    registry_table_name="example-tenants",
    export_bucket_name="example-exports",
    user_pool_id="eu-central-1_Pool",
    user_pool_client_id="client",
    database=DatabaseEndpoint(
        host="127.0.0.1",
        port=5432,
        name="example",
        reader_secret_arn="arn:reader",
        writer_secret_arn="arn:writer",
        master_secret_arn="arn:master",
    ),
    functions={"list_tenants": {"AWS_CONTAINER_AUTHORIZATION_TOKEN": "list-token"}},
    users=[
        User(tenant="acme", role="member", username="acme/member@acme.example.com", password='Aa1-"ü'),
        User(tenant="acme", role="admin", username="acme/admin@acme.example.com", password="Aa1-x"),
        User(tenant="globex", role="member", username="globex/member@globex.example.com", password="Aa1-y"),
    ],
)


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_stage_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Folders are made on the way."""
    path = tmp_path / "a" / "stage.json"
    STAGE.save(path)
    assert LocalStage.load(path) == STAGE


def test_the_document_is_plain_json_with_the_names_of_the_design(tmp_path: Path) -> None:
    """Tools in other languages read it."""
    STAGE.save(tmp_path / "stage.json")
    document = json.loads((tmp_path / "stage.json").read_text())
    assert document["operator"] == {"access_key_id": "AKIATEST", "secret_access_key": "operators-secret"}
    assert document["users"][2] == {
        "tenant": "globex",
        "role": "member",
        "username": "globex/member@globex.example.com",
        "password": "Aa1-y",
    }
    assert {"api_url", "aws_endpoint_url", "region", "account_id", "lambda_role_arn", "tenant_role_arn"} <= set(
        document
    )
    assert {"table_name", "user_pool_id", "user_pool_client_id"} <= set(document)


def test_it_lies_where_the_design_says() -> None:
    """Relative to the project."""
    assert Path(".local/stage.json") == DEFAULT_PATH


def test_only_the_owner_may_read_a_document(tmp_path: Path) -> None:
    """It holds keys and passwords: also when it replaces one that others could read, and under an open umask."""
    path = tmp_path / "stage.json"
    for leftover in (path, tmp_path / "stage.json.partial"):
        leftover.write_text("old")
        leftover.chmod(0o666)
    before = os.umask(0)
    try:
        STAGE.save(path)
    finally:
        os.umask(before)
    assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_document_appears_all_at_once(tmp_path: Path) -> None:
    """A reader of the old one goes on reading the old one; nobody sees half a document."""
    path = tmp_path / "file"
    write_privately(path, "old")
    with path.open() as reader:
        write_privately(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"


def test_a_link_in_the_way_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """Else whoever can write there chooses where the keys go."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (tmp_path / "file.partial").symlink_to(elsewhere)
    write_privately(tmp_path / "file", "secret")
    assert elsewhere.read_text() == ""
    assert not (tmp_path / "file").is_symlink()


def test_a_missing_document_says_how_to_get_one(tmp_path: Path) -> None:
    """It is the usual case: no stage runs."""
    with pytest.raises(CommandError) as refused:
        LocalStage.load(tmp_path / "stage.json")
    assert str(refused.value) == f"{tmp_path / 'stage.json'} is not there: start a stage with `make dev`"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"region": 1', id="cut short"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b"\xff\xfe", id="no text"),
        pytest.param(b"{}", id="no fields"),
    ],
)
def test_what_is_no_stage_document_is_refused(tmp_path: Path, content: bytes) -> None:
    """Such as what a full disk or an older version left behind."""
    (tmp_path / "stage.json").write_bytes(content)
    with pytest.raises(CommandError, match="is not a stage document"):
        LocalStage.load(tmp_path / "stage.json")


@pytest.mark.parametrize(
    "field", sorted(name for name, field in LocalStage.model_fields.items() if field.is_required())
)
def test_a_document_without_a_field_is_refused_without_its_secrets(tmp_path: Path, field: str) -> None:
    """The message names the field; keys and passwords do not go to a terminal or a CI log."""
    document: dict[str, Any] = STAGE.model_dump()
    del document[field]
    (tmp_path / "stage.json").write_text(json.dumps(document))
    with pytest.raises(CommandError) as refused:
        LocalStage.load(tmp_path / "stage.json")
    assert str(refused.value).endswith(f"is not a stage document: {field}: Field required")


def test_what_a_stage_does_not_have_is_absent(tmp_path: Path) -> None:
    """There is a role for session policies only in stages that choose them."""
    path, arn = tmp_path / "stage.json", "arn:aws:iam::123456789012:role/tenant-policy"
    STAGE.save(path)
    assert "tenant_policy_role_arn" not in json.loads(path.read_text())
    STAGE.model_copy(update={"tenant_policy_role_arn": arn}).save(path)
    assert json.loads(path.read_text())["tenant_policy_role_arn"] == arn


def test_a_document_of_a_later_version_is_read(tmp_path: Path) -> None:
    """Keys appear with what they describe; older readers pass over them."""
    (tmp_path / "stage.json").write_text(json.dumps({**STAGE.model_dump(), "of_a_later_version": "anything"}))
    assert LocalStage.load(tmp_path / "stage.json") == STAGE


def test_a_user_is_found_by_tenant_and_role() -> None:
    """Both must fit."""
    assert STAGE.user("acme", "admin").username == "acme/admin@acme.example.com"
    assert STAGE.user("globex", "member").username == "globex/member@globex.example.com"


@pytest.mark.parametrize(("tenant", "role"), [("globex", "admin"), ("initech", "member"), ("acme", "viewer")])
def test_a_user_that_the_stage_does_not_list_is_refused(tenant: str, role: str) -> None:
    """No other user takes the place."""
    with pytest.raises(CommandError, match=f"the stage lists no {role} of {tenant}"):
        STAGE.user(tenant, role)
