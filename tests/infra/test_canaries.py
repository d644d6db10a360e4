"""Weaken one control of a module, and the module's own tests must go red, for that reason."""

from __future__ import annotations

import os
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.canary import NEVER_SCAN, Canary, outcomes_of, unrefused
from tests.infra.control_plane_canaries import CONTROL_PLANE_CANARIES
from tests.infra.deployment_canaries import DEPLOYMENT_CANARIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future

    from tests.infra.canary import Outcome
    from tests.infra.conftest import Workspace

    _Outcomes = Mapping[str, Future[dict["Canary", Outcome]]]

pytestmark = pytest.mark.evidence

_CORE = "modules/core"
_TENANT_TRUST = "modules/tenant_trust"
_TENANT_SECRET_ACCESS = "modules/tenant_secret_access"
_TENANT_ROLE = "modules/tenant_role"
_TENANT_POLICY_ROLE = "modules/tenant_policy_role"
_LAMBDA_ROLE = "modules/lambda_role"
_IDENTITY = "modules/identity"
_POOLED_TABLE = "modules/pooled_table"
_DATABASE = "modules/database"
_SECRETS = "modules/secrets"
_DATABASE_FUNCTIONS = "modules/database_functions"


def _of_each_tenant_role(folder: str) -> list[Canary]:
    """Return the canaries of what the two tenant roles have in common."""
    role = folder.removeprefix("modules/")
    return [
        Canary(
            f"{role} trusts another role",
            folder,
            old="= var.trusted_role_arns",
            new='= ["arn:aws:iam::${var.placement.account_id}:role/Developer"]',
            complaint="Only the trusted roles may assume the role.",
        ),
        Canary(
            f"{role} has a trust policy of its own",
            folder,
            old="= module.trust.policy",
            new='= replace(module.trust.policy, "???*", "*")',
            complaint="The trust policy must be the one that tenant_trust says.",
        ),
        Canary(
            f"{role} lives for longer than an hour",
            folder,
            old="= 3600",
            new="= 43200",
            complaint="A session lives for an hour at most.",
        ),
        Canary(
            f"{role} is opened by writers only",
            folder,
            old="= var.rights.read",
            new="= var.rights.write",
            complaint="The roles that read, in their order, must be those that sessions may have.",
        ),
        Canary(
            f"{role} gives the secret of the writer to all who write",
            folder,
            old="= var.rights.administer",
            new="= var.rights.write",
            complaint="Only sessions of roles that administer may read the writer's secret.",
        ),
        Canary(
            f"{role} takes statements on secrets of its own",
            folder,
            old="], module.secret_access.statements, [",
            new="], [for s in module.secret_access.statements : "
            'merge(s, { Action = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"] })], [',
            complaint="What a session may do with secrets must be what tenant_secret_access says.",
        ),
        unrefused(
            f"{role} has rights that nobody has",
            folder,
            old="length(roles) > 0",
            new="length(roles) >= 0",
        ),
        unrefused(
            f"{role} takes whoever writes without reading",
            folder,
            old="length(setsubtract(var.rights.write, var.rights.read)) == 0",
            new="true",
        ),
        unrefused(
            f"{role} takes whoever administers without writing",
            folder,
            old="length(setsubtract(var.rights.administer, var.rights.write)) == 0",
            new="true",
        ),
    ]


CANARIES = [
    # Who may open a tenant's session.
    Canary(
        "the account is trusted",
        _TENANT_TRUST,
        old="AWS = sort(var.trusted_role_arns)",
        new='AWS = "arn:aws:iam::123456789012:root"',
        complaint="Only the trusted roles may assume the role",
    ),
    Canary(
        "everyone is trusted",
        _TENANT_TRUST,
        old="AWS = sort(var.trusted_role_arns)",
        new='AWS = "*"',
        complaint="Only the trusted roles may assume the role",
    ),
    unrefused(
        "an account may be given where a role is due",
        _TENANT_TRUST,
        old=":role/[A-Za-z0-9+=,.@_/-]+$",
        new=":.*$",
    ),
    Canary(
        "the role tag is not required",
        _TENANT_TRUST,
        old='          StringEquals = { "aws:RequestTag/role" = var.roles }\n',
        new="",
        complaint="A session needs the tag role, with a known role.",
    ),
    Canary(
        "the role tag may be absent",
        _TENANT_TRUST,
        old='StringEquals = { "aws:RequestTag/role"',
        new='StringEqualsIfExists = { "aws:RequestTag/role"',
        complaint="none that holds when a tag is absent",
    ),
    Canary(
        "more tags are allowed",
        _TENANT_TRUST,
        old='          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tenant", "role"] }\n',
        new="",
        complaint="A session may have no tag other than tenant and role.",
    ),
    Canary(
        "a tenant may end in a dash",
        _TENANT_TRUST,
        old='"-*", "*-"]',
        new='"-*"]',
        complaint="ids of the tenant grammar and no other",
    ),
    Canary(
        "a tenant may hold a slash",
        _TENANT_TRUST,
        old="_.:/=+@ ",
        new="_.:=+@ ",
        complaint="ids of the tenant grammar and no other",
    ),
    Canary(
        "a tenant may have 33 characters",
        _TENANT_TRUST,
        old="range(33)",
        new="range(34)",
        complaint="ids of the tenant grammar and no other",
    ),
    unrefused(
        "a trust policy may exceed the quota",
        _TENANT_TRUST,
        old="<= 2048",
        new="<= 20480",
        file="outputs.tf",
    ),
    unrefused(
        "any text stands for a role",
        _TENANT_TRUST,
        old='regex("^[a-z]+$", role)',
        new='regex("", role)',
    ),
    # What a tenant's session may do.
    Canary(
        "the delimiter after the tenant is gone",
        _TENANT_ROLE,
        old="$${aws:PrincipalTag/tenant}#*",
        new="$${aws:PrincipalTag/tenant}*",
        complaint="Every Allow must confine the leading keys",
    ),
    Canary(
        "a request without a leading key is allowed",
        _TENANT_ROLE,
        old='    Null                      = { "dynamodb:LeadingKeys" = "false" }\n',
        new="",
        complaint="Every Allow must require a leading key",
    ),
    Canary(
        "viewers may write",
        _TENANT_ROLE,
        old='          StringEquals = { "aws:PrincipalTag/role" = var.rights.write }\n',
        new="",
        complaint="Only sessions tagged member or admin may write.",
    ),
    Canary(
        "an index is reachable",
        _TENANT_ROLE,
        old="Resource  = [var.table_arn]",
        new='Resource  = [var.table_arn, "${var.table_arn}/index/*"]',
        complaint="Every Allow must name the table and nothing else",
    ),
    Canary(
        "tenants may scan",
        _TENANT_ROLE,
        old=NEVER_SCAN,
        new="",
        complaint="Scan and PartiQL must be denied on everything",
    ),
    Canary(
        "another policy is attached to the tenant role",
        _TENANT_ROLE,
        old="policy_arns = []",
        new='policy_arns = ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"]',
        complaint="The role must have this one policy and no other.",
    ),
    Canary(
        "members read the secret of the writer",
        _TENANT_SECRET_ACCESS,
        old='        Condition = { StringEquals = { "aws:PrincipalTag/role" = var.roles } }\n',
        new="",
        complaint="Only sessions tagged admin may read the writer's secret.",
    ),
    Canary(
        "sessions write secrets",
        _TENANT_SECRET_ACCESS,
        old='Action   = ["secretsmanager:GetSecretValue"]',
        new='Action   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]',
        complaint="Every session may read the reader's secret, and do nothing else with secrets.",
    ),
    Canary(
        "sessions read every secret of the database",
        _TENANT_SECRET_ACCESS,
        old="[secrets.reader_arn]",
        new='["${dirname(secrets.reader_arn)}/*"]',
        complaint="Every session may read the reader's secret, and do nothing else with secrets.",
    ),
    unrefused(
        "the secrets of every database may be given",
        _TENANT_SECRET_ACCESS,
        old="-[?]{6}$",
        new="",
    ),
    unrefused(
        "the reader's secret may be the writer's",
        _TENANT_SECRET_ACCESS,
        old="var.database_secrets.reader_arn != var.database_secrets.writer_arn",
        new="var.database_secrets.reader_arn != null",
    ),
    # What a tenant's session may do before its session policy narrows it.
    Canary(
        "a session without a session policy needs no leading key",
        _TENANT_POLICY_ROLE,
        old='{ Null = { "dynamodb:LeadingKeys" = "false" } }',
        new="{}",
        complaint="Every Allow must require a leading key",
    ),
    Canary(
        "viewers may write under a session policy",
        _TENANT_POLICY_ROLE,
        old='          StringEquals = { "aws:PrincipalTag/role" = var.rights.write }\n',
        new="",
        complaint="Only sessions tagged member or admin may write.",
    ),
    Canary(
        "an index is reachable under a session policy",
        _TENANT_POLICY_ROLE,
        old="Resource  = [var.table_arn]",
        new='Resource  = [var.table_arn, "${var.table_arn}/index/*"]',
        complaint="Every Allow must name the table and nothing else",
    ),
    Canary(
        "a session reads items in batches under a session policy",
        _TENANT_POLICY_ROLE,
        old='["dynamodb:GetItem", "dynamodb:Query"]',
        new='["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"]',
        complaint="The policy must allow five actions on items",
    ),
    Canary(
        "tenants may scan under a session policy",
        _TENANT_POLICY_ROLE,
        old=NEVER_SCAN,
        new="",
        complaint="Scan and PartiQL must be denied on everything",
    ),
    Canary(
        "another policy is attached to the tenant policy role",
        _TENANT_POLICY_ROLE,
        old="policy_arns = []",
        new='policy_arns = ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"]',
        complaint="The role must have this one policy and no other.",
    ),
    # That both tenant roles have what the modules say, for the roles that have the right.
    *(canary for folder in (_TENANT_ROLE, _TENANT_POLICY_ROLE) for canary in _of_each_tenant_role(folder)),
    # What the API may do by itself.
    Canary(
        "the API reads data",
        _LAMBDA_ROLE,
        old='["sts:AssumeRole", "sts:TagSession"]',
        new='["sts:AssumeRole", "sts:TagSession", "dynamodb:GetItem"]',
        complaint="The role must be allowed to open sessions of the tenant role, and nothing else.",
    ),
    Canary(
        "the API takes any role",
        _LAMBDA_ROLE,
        old="sort(var.tenant_role_arns)",
        new='["*"]',
        complaint="The role must be allowed to open sessions of the tenant role, and nothing else.",
    ),
    Canary(
        "the API may scan",
        _LAMBDA_ROLE,
        old=NEVER_SCAN,
        new="",
        complaint="Scan and PartiQL must be denied on everything",
    ),
    Canary(
        "the ARN is not known at plan time",
        _LAMBDA_ROLE,
        old="value       = local.arn",
        new="value       = aws_iam_role.this.arn",
        complaint="Unknown condition value",
        file="outputs.tf",
    ),
    Canary(
        "another role opens tenants' sessions",
        _CORE,
        old="[module.lambda_role.arn, module.control_plane",
        new='["arn:aws:iam::${var.placement.account_id}:role/Developer", module.control_plane',
        complaint="TenantRole must trust the roles of the API and of offboarding, and nobody else.",
    ),
    Canary(
        "another role opens sessions that only a session policy narrows",
        _CORE,
        old="= [module.lambda_role.arn]",
        new='= ["arn:aws:iam::${var.placement.account_id}:role/Developer"]',
        complaint="TenantPolicyRole must trust the API's role and nobody else.",
    ),
    Canary(
        "every stage has the role that reaches every tenant",
        _CORE,
        old='count  = var.vending_strategy == "session_policy" ? 1 : 0',
        new="count  = 1",
        complaint="A stage of session tags must have no TenantPolicyRole.",
    ),
    Canary(
        "the API opens sessions of any role of the stage",
        _CORE,
        old="concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)",
        new='[module.tenant_role.arn, "arn:aws:iam::${var.placement.account_id}:role/Developer"]',
        complaint="The API's role may open sessions of TenantRole and of no other role.",
    ),
    Canary(
        "containers of the former strategy are locked out",
        _CORE,
        old="concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)",
        new="coalescelist(module.tenant_policy_role[*].arn, [module.tenant_role.arn])",
        complaint="The API's role may open sessions of both tenant roles and of no other role.",
    ),
    unrefused(
        "a stage may choose a strategy that there is not",
        _CORE,
        old='contains(["session_tags", "session_policy"], var.vending_strategy)',
        new='var.vending_strategy != ""',
    ),
    Canary(
        "the rights are not those of the one table",
        _CORE,
        old='jsondecode(file("${path.module}/../../../chalicelib/permissions.json")).rights',
        new='{ read = ["viewer", "admin"], write = ["viewer", "admin"], administer = ["viewer"] }',
        complaint="Whoever writes items, and whoever reads the writer's secret, must be those of permissions.json.",
    ),
    Canary(
        "tenants read the master secret",
        _CORE,
        old='= var.database_secrets\n}\n\nmodule "tenant_policy_role"',
        new="= merge(var.database_secrets, { reader_arn = var.database_secrets.master_arn })\n}\n\n"
        'module "tenant_policy_role"',
        complaint="The tenant roles must read the stage's own reader secret, and its writer secret, and not the"
        " master's.",
    ),
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
