"""Weaken one control of a module, and the module's own tests must go red, for that reason."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.canary import Canary, outcomes_of, unrefused
from tests.infra.control_plane_canaries import CONTROL_PLANE_CANARIES
from tests.infra.deployment_canaries import DEPLOYMENT_CANARIES
from tests.infra.session_canaries import SESSION_CANARIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from tests.infra.canary import Outcome
    from tests.infra.conftest import Workspace

    _Outcomes = Mapping[str, Future[dict["Canary", Outcome]]]

pytestmark = pytest.mark.evidence

_IDENTITY = "modules/identity"
_POOLED_TABLE = "modules/pooled_table"
_DATABASE = "modules/database"
_SECRETS = "modules/secrets"
_DATABASE_FUNCTIONS = "modules/database_functions"


CANARIES = [
    *SESSION_CANARIES,
    # What the functions that handle the database's passwords may do.
    Canary(
        "rotation reads tables",
        _DATABASE_FUNCTIONS,
        old='"secretsmanager:DescribeSecret",',
        new='"secretsmanager:DescribeSecret",\n            "dynamodb:GetItem",',
        complaint="rotate_secret must read the master's secret, write those of the two logins, and reach nothing else.",
    ),
    Canary(
        "rotation writes the master secret",
        _DATABASE_FUNCTIONS,
        old="Resource = [var.secrets.reader_arn, var.secrets.writer_arn]",
        new="Resource = [var.secrets.reader_arn, var.secrets.writer_arn, var.secrets.master_arn]",
        complaint="rotate_secret must read the master's secret, write those of the two logins, and reach nothing else.",
    ),
    Canary(
        "migrations read every secret",
        _DATABASE_FUNCTIONS,
        old="Resource = [var.secrets.master_arn, var.secrets.reader_arn, var.secrets.writer_arn]",
        new='Resource = ["*"]',
        complaint="migrate_database must read the three secrets, write none, and reach nothing else.",
    ),
    # The database and its passwords.
    Canary(
        "an ARN ends in a wildcard for any text",
        _SECRETS,
        old="secret:${name}-??????",
        new="secret:${name}-*",
        complaint="leave open nothing but the six characters that AWS draws",
    ),
    Canary(
        "the passwords are kept in the state",
        _SECRETS,
        old="  secret_string_wo_version = local.versions[each.key]\n  secret_string_wo = jsonencode(",
        new="  secret_string = jsonencode(",
        complaint="Invalid use of ephemeral value",
    ),
    Canary(
        "nothing keeps the version that Terraform wrote",
        _SECRETS,
        old='["AWSCURRENT", "TERRAFORM"]',
        new='["AWSCURRENT"]',
        complaint="Terraform's version must have a label that rotation leaves on it.",
    ),
    unrefused(
        "reader and writer may share a password",
        _SECRETS,
        old="condition     = var.writer_password != var.reader_password",
        new="condition     = var.writer_password != var.reader_password || true",
    ),
    Canary(
        "connections need no TLS",
        _DATABASE,
        old='value        = "1"',
        new='value        = "0"',
        complaint="The server must refuse connections without TLS",
    ),
    Canary(
        "the database has a public address",
        _DATABASE,
        old="publicly_accessible    = false",
        new="publicly_accessible    = true",
        complaint="The instance must have no public address.",
    ),
    Canary(
        "the storage is not encrypted",
        _DATABASE,
        old="storage_encrypted     = true",
        new="storage_encrypted     = false",
        complaint="The storage must be encrypted.",
    ),
    Canary(
        "the database can be deleted in spite of its protection",
        _DATABASE,
        old="var.instance.deletion_protection",
        new="false",
        complaint="The instance must be protected against deletion unless a stage says otherwise.",
    ),
    # Who the users are.
    Canary(
        "anyone may sign up",
        _IDENTITY,
        old="allow_admin_create_user_only = true",
        new="allow_admin_create_user_only = false",
        complaint="Nobody may sign up on their own.",
    ),
    Canary(
        "id tokens have no tags",
        _IDENTITY,
        old='lambda_version = "V2_0"',
        new='lambda_version = "V1_0"',
        complaint="in the version that can add an object.",
    ),
    Canary(
        "STS takes tokens of other clients",
        _IDENTITY,
        old="[aws_cognito_user_pool_client.this.id]",
        new='[aws_cognito_user_pool_client.this.id, "another"]',
        complaint="STS must take tokens of the pool's own client, and of no other.",
    ),
    Canary(
        "users write their own tenant",
        _IDENTITY,
        old='write_attributes = ["name"]',
        new='write_attributes = ["name", "custom:tenantID"]',
        complaint="Users may write their display name only",
    ),
    Canary(
        "the tenant of a user can be changed",
        _IDENTITY,
        old="mutable                  = false",
        new="mutable                  = true",
        complaint="A user's tenant must be immutable",
    ),
    Canary(
        "id tokens live for an hour",
        _IDENTITY,
        old="id_token_validity      = 15",
        new="id_token_validity      = 60",
        complaint="Id and access tokens must live for 15 minutes",
    ),
    Canary(
        "an e-mail address stands for a user name",
        _IDENTITY,
        old="  username_configuration {",
        new='  alias_attributes = ["email"]\n\n  username_configuration {',
        complaint="No attribute may stand for the user name",
    ),
    # How the data is kept.
    Canary(
        "point-in-time recovery is off",
        _POOLED_TABLE,
        old="point_in_time_recovery {\n    enabled = true",
        new="point_in_time_recovery {\n    enabled = false",
        complaint="The table must have point-in-time recovery.",
    ),
    Canary(
        "encryption with a key of the account is off",
        _POOLED_TABLE,
        old="server_side_encryption {\n    enabled     = true",
        new="server_side_encryption {\n    enabled     = false",
        complaint="The table must be encrypted with a key of the account.",
    ),
    Canary(
        "the table has an index",
        _POOLED_TABLE,
        old="  point_in_time_recovery {",
        new='  global_secondary_index {\n    name            = "by_sk"\n    hash_key        = "sk"\n'
        '    projection_type = "ALL"\n  }\n\n  point_in_time_recovery {',
        complaint="The table must have no index.",
    ),
    *CONTROL_PLANE_CANARIES,
    *DEPLOYMENT_CANARIES,
]


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, workspace: Workspace) -> Iterator[_Outcomes]:
    """Test every selected canary, several folders at a time: one Terraform uses little more than one processor."""
    functions = [item for item in request.session.items if isinstance(item, pytest.Function)]
    of_folder: dict[str, list[Canary]] = defaultdict(list)
    for item in functions:
        if item.module is request.module:
            canary: Any = item.callspec.params["canary"]
            of_folder[canary.folder].append(canary)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 4)) as pool:
        yield {folder: pool.submit(outcomes_of, workspace, folder, canaries) for folder, canaries in of_folder.items()}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("canary", CANARIES, ids=[canary.weakening for canary in CANARIES])
def test_a_weakened_control_is_noticed(outcomes: _Outcomes, canary: Canary) -> None:
    """The folder's own tests, which pass on the original, fail with the complaint about this very control."""
    outcome = outcomes[canary.folder].result()[canary]

    assert outcome.status in {"fail", "error"}
    assert canary.complaint in outcome.said
