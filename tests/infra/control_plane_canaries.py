"""The canaries of what comes before and after a tenant's session: registry, authorizer, control plane, exports."""

from __future__ import annotations

from tests.infra.canary import NEVER_SCAN, Canary, unrefused

_CORE = "modules/core"
_REGISTRY = "modules/registry"
_AUTHORIZER_ROLE = "modules/authorizer_role"
_BUCKET = "modules/bucket"
_CONTROL_PLANE = "modules/control_plane"

_TABLE_OF_TENANT_ROLE = """module.control_plane.role_arns.offboard_tenant]
  table_arn         = module.pooled_table.arn"""

_TABLE_OF_AUTHORIZER_ROLE = """  registry_table_arn = module.registry.arn
  runtime_policy"""

CONTROL_PLANE_CANARIES = [
    # The table of the tenants.
    Canary(
        "the registry cannot be restored",
        _REGISTRY,
        old="point_in_time_recovery {\n    enabled = true",
        new="point_in_time_recovery {\n    enabled = false",
        complaint="The registry must have point-in-time recovery.",
    ),
    Canary(
        "the registry is encrypted with a key of AWS",
        _REGISTRY,
        old="server_side_encryption {\n    enabled     = true",
        new="server_side_encryption {\n    enabled     = false",
        complaint="The registry must be encrypted with a key of the account.",
    ),
    Canary(
        "a tenant may have several items",
        _REGISTRY,
        old="  attribute {",
        new='  range_key = "since"\n\n  attribute {\n    name = "since"\n    type = "S"\n  }\n\n  attribute {',
        complaint="The tenant's id must be the whole key",
    ),
    Canary(
        "the registry has an index",
        _REGISTRY,
        old="  point_in_time_recovery {",
        new='  global_secondary_index {\n    name            = "again"\n    hash_key        = "tenant_id"\n'
        '    projection_type = "ALL"\n  }\n\n  point_in_time_recovery {',
        complaint="The registry must have no index.",
    ),
    Canary(
        "the registry has a stream",
        _REGISTRY,
        old="stream_enabled              = false",
        new='stream_enabled              = true\n  stream_view_type            = "NEW_IMAGE"',
        complaint="The registry must have no stream.",
    ),
    Canary(
        "the registry can be deleted in spite of its protection",
        _REGISTRY,
        old="= var.deletion_protection",
        new="= false",
        complaint="The registry must be protected against deletion unless a stage says otherwise.",
    ),
    # What the authorizer may do.
    Canary(
        "the authorizer changes tenants",
        _AUTHORIZER_ROLE,
        old='["dynamodb:GetItem"]',
        new='["dynamodb:GetItem", "dynamodb:UpdateItem"]',
        complaint="The authorizer must be allowed to read one item of the registry by its key, and nothing else.",
    ),
    Canary(
        "the authorizer reads every table",
        _AUTHORIZER_ROLE,
        old="[var.registry_table_arn]",
        new='["*"]',
        complaint="The authorizer must be allowed to read one item of the registry by its key, and nothing else.",
    ),
    Canary(
        "the authorizer needs no key",
        _AUTHORIZER_ROLE,
        old='        Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }\n',
        new="",
        complaint="The authorizer must be allowed to read one item of the registry by its key, and nothing else.",
    ),
    Canary(
        "the authorizer may scan",
        _AUTHORIZER_ROLE,
        old=NEVER_SCAN,
        new="",
        complaint="Scan and PartiQL must be denied on everything",
    ),
    Canary(
        "anybody takes the role of the authorizer",
        _AUTHORIZER_ROLE,
        old='{ Service = "lambda.amazonaws.com" }',
        new='{ AWS = "*" }',
        complaint="Only the Lambda service may assume the role.",
    ),
    Canary(
        "another policy is attached to the role of the authorizer",
        _AUTHORIZER_ROLE,
        old="policy_arns = []",
        new='policy_arns = ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"]',
        complaint="The role must have this one policy and no other.",
    ),
    unrefused(
        "the authorizer is given an index",
        _AUTHORIZER_ROLE,
        old="{3,255}$",
        new="{3,255}",
    ),
    # How a bucket keeps what is in it.
    *(
        Canary(
            f"exports may be public without {way.replace('_', ' ')}",
            _BUCKET,
            old=f"{way:<23} = true",
            new=f"{way:<23} = false",
            complaint="Public access must be blocked in all four ways.",
        )
        for way in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    ),
    Canary(
        "exports have ACLs",
        _BUCKET,
        old='"BucketOwnerEnforced"',
        new='"ObjectWriter"',
        complaint="The bucket must have no ACLs.",
    ),
    Canary(
        "exports are read without TLS",
        _BUCKET,
        old='{ Bool = { "aws:SecureTransport" = "false" } }',
        new='{ Bool = { "aws:SecureTransport" = "true" } }',
        complaint="Whoever calls without TLS must be refused everything",
    ),
    Canary(
        "the bucket itself is called without TLS",
        _BUCKET,
        old='[local.arn, "${local.arn}/*"]',
        new='["${local.arn}/*"]',
        complaint="Whoever calls without TLS must be refused everything",
    ),
    Canary(
        "TLS is required where a stage says so",
        _BUCKET,
        old='an emulator."\n  default     = true',
        new='an emulator."\n  default     = false',
        complaint="Whoever calls without TLS must be refused everything",
        file="variables.tf",
    ),
    Canary(
        "exports have no versions",
        _BUCKET,
        old='status = "Enabled"\n  }\n}',
        new='status = "Suspended"\n  }\n}',
        complaint="The bucket must keep versions.",
    ),
    Canary(
        "the key of a stage is ignored",
        _BUCKET,
        old='var.placement.kms_key_arn == null ? "AES256" : "aws:kms"',
        new='"AES256"',
        complaint="Objects must be encrypted with the stage's own key",
    ),
    Canary(
        "every export costs a call to the key",
        _BUCKET,
        old="bucket_key_enabled = var.placement.kms_key_arn != null",
        new="bucket_key_enabled = false",
        complaint="one call to it must serve many of them.",
    ),
    Canary(
        "exports never expire",
        _BUCKET,
        old='    status = "Enabled"\n\n    filter',
        new='    status = "Disabled"\n\n    filter',
        complaint="Objects and former versions must expire after the given days",
    ),
    Canary(
        "former versions outlive the retention",
        _BUCKET,
        old="noncurrent_days = var.expiration.former_versions_days",
        new="noncurrent_days = 3650",
        complaint="Objects and former versions must expire after the given days",
    ),
    *(
        Canary(weakening, "modules/core", old, new, "Exports and their former versions must be kept")
        for weakening, old, new in (
            (
                "former versions of exports expire early",
                "former_versions_days = var.exports.retention_days",
                "former_versions_days = 1",
            ),
            ("exports stay for ever", "expiration    = var.exports.expire ?", "expiration    = !var.exports.expire ?"),
        )
    ),
    Canary(
        "a former page is forgotten",
        "modules/web",
        old="former_versions_days = 90",
        new="former_versions_days = 1",
        complaint="A former page must be kept for 90 days",
    ),
    Canary(
        "exports are deleted with their bucket",
        _BUCKET,
        old="= var.force_destroy",
        new="= true",
        complaint="A bucket must not be deleted with what is in it unless a stage says otherwise.",
    ),
    unrefused(
        "exports are kept for no day",
        _BUCKET,
        old="days >= 1",
        new="days >= 0",
    ),
    Canary(
        "every distribution reads the bucket",
        _BUCKET,
        old='      Condition = { ArnLike = { "aws:SourceArn" = arn } }\n',
        new="",
        complaint="The given distributions must read objects, and nobody else.",
    ),
    # What the functions of the control plane may do.
    Canary(
        "onboarding deletes tenants",
        _CONTROL_PLANE,
        old='["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]',
        new='["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]',
        complaint="Each function must be allowed what it needs, and nothing else.",
    ),
    Canary(
        "suspending adds tenants",
        _CONTROL_PLANE,
        old="suspend_tenant = [local.registry_statements.ReadAndUpdateOneTenantOnly",
        new="suspend_tenant = [local.registry_statements.ReadAndWriteOneTenantOnly",
        complaint="Each function must be allowed what it needs, and nothing else.",
    ),
    Canary(
        "inviting removes users",
        _CONTROL_PLANE,
        old="invite_user  = [",
        new="invite_user  = [local.user_statements.RemoveUsersOnly, ",
        complaint="Each function must be allowed what it needs, and nothing else.",
    ),
    Canary(
        "offboarding reads the secret of the writer by itself",
        _CONTROL_PLANE,
        old="      local.export_statements,",
        new="      local.export_statements,\n      local.writer_secret_statements,",
        complaint="Each function must be allowed what it needs, and nothing else.",
    ),
    Canary(
        "the control plane reaches the indexes of the registry",
        _CONTROL_PLANE,
        old="      Resource  = [var.registry_table_arn]",
        new='      Resource  = [var.registry_table_arn, "${var.registry_table_arn}/index/*"]',
        complaint="No function may reach a table other than the registry, or an index of that.",
    ),
    Canary(
        "the control plane needs no key",
        _CONTROL_PLANE,
        old='      Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }\n',
        new="",
        complaint="Whoever does not list the tenants must name the one that is meant.",
    ),
    Canary(
        "the control plane reaches every user pool",
        _CONTROL_PLANE,
        old="[var.user_pool_arn]",
        new='["${dirname(var.user_pool_arn)}/*"]',
        complaint="No function may reach a user pool other than the stage's.",
    ),
    Canary(
        "offboarding writes to every bucket",
        _CONTROL_PLANE,
        old='["${var.export_bucket_arn}/*"]',
        new='["${var.export_bucket_arn}*"]',
        complaint="Offboarding must reach the exports, and no other bucket.",
    ),
    Canary(
        "onboarding reads every secret",
        _CONTROL_PLANE,
        old="[arn]",
        new='["*"]',
        complaint="Onboarding must read the writer's secret, and no other.",
    ),
    Canary(
        "offboarding opens sessions of any role",
        _CONTROL_PLANE,
        old="[var.tenant_role_arn]",
        new='["*"]',
        complaint="Offboarding must open sessions of the tenant role as an administrator, and of no other role.",
    ),
    Canary(
        "offboarding opens sessions without a role tag",
        _CONTROL_PLANE,
        old='      Condition = { StringEquals = { "aws:RequestTag/role" = var.rights.administer } }\n',
        new="",
        complaint="Offboarding must open sessions of the tenant role as an administrator, and of no other role.",
    ),
    Canary(
        "nothing denies offboarding the sessions of viewers",
        _CONTROL_PLANE,
        old='Sid       = "NeverOpenOtherSessions"\n      Effect    = "Deny"',
        new='Sid       = "NeverOpenOtherSessions"\n      Effect    = "Allow"',
        complaint="Sessions of other roles must be denied, since the tenant role trusts offboarding with any.",
    ),
    Canary(
        "offboarding is denied nothing when the role tag is absent",
        _CONTROL_PLANE,
        old='{ StringNotEquals = { "aws:RequestTag/role" = var.rights.administer } }',
        new='{ StringNotEquals = { "aws:RequestTag/role" = var.rights.administer },'
        ' Null = { "aws:RequestTag/role" = "false" } }',
        complaint="Sessions of other roles must be denied, since the tenant role trusts offboarding with any.",
    ),
    Canary(
        "the control plane may scan",
        _CONTROL_PLANE,
        old='Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]',
        new='Action   = ["dynamodb:PartiQL*"]',
        complaint="to whoever does not list the tenants.",
    ),
    Canary(
        "listing the tenants may scan other tables",
        _CONTROL_PLANE,
        old="NotResource = [var.registry_table_arn]",
        new='NotResource = ["*"]',
        complaint="list_tenants must scan the registry, be denied to scan anything else, and have no PartiQL.",
    ),
    Canary(
        "listing the tenants has PartiQL",
        _CONTROL_PLANE,
        old='["dynamodb:PartiQL*"]',
        new='["dynamodb:PartiQLDelete"]',
        complaint="list_tenants must scan the registry, be denied to scan anything else, and have no PartiQL.",
    ),
    Canary(
        "anybody takes the roles of the control plane",
        _CONTROL_PLANE,
        old='{ Service = "lambda.amazonaws.com" }',
        new='{ AWS = "*" }',
        complaint="Only the Lambda service may assume the roles.",
    ),
    Canary(
        "another policy is attached to the control plane",
        _CONTROL_PLANE,
        old="policy_arns = []",
        new='policy_arns = ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"]',
        complaint="Each role must have its one policy and no other.",
    ),
    Canary(
        "the ARNs of the control plane are not known at plan time",
        _CONTROL_PLANE,
        old="value       = local.arns",
        new="value       = { for function, role in aws_iam_role.this : function => role.arn }",
        complaint="The ARNs must be built from the names",
        file="outputs.tf",
    ),
    unrefused(
        "the control plane is given every table",
        _CONTROL_PLANE,
        old=":table/[A-Za-z0-9_.-]{3,255}$",
        new="",
    ),
    unrefused(
        "the control plane is given every user pool",
        _CONTROL_PLANE,
        old=":userpool/[A-Za-z0-9_-]+$",
        new="",
    ),
    unrefused(
        "the control plane is given every role",
        _CONTROL_PLANE,
        old=":role/[A-Za-z0-9+=,.@_/-]+$",
        new="",
    ),
    unrefused(
        "the control plane is given every secret",
        _CONTROL_PLANE,
        old="-[?]{6}$",
        new="",
    ),
    unrefused(
        "the control plane is given every bucket",
        _CONTROL_PLANE,
        old="[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        new="",
    ),
    unrefused(
        "any text stands for an administrator",
        _CONTROL_PLANE,
        old='regex("^[a-z]+$", role)',
        new='regex("", role)',
    ),
    # How a stage puts them together.
    Canary(
        "offboarding opens sessions that only a session policy narrows",
        _CORE,
        old="= [module.lambda_role.arn]",
        new="= [module.lambda_role.arn, module.control_plane.role_arns.offboard_tenant]",
        complaint="TenantPolicyRole must trust the API's role and nobody else.",
    ),
    Canary(
        "the tenants are in the pooled table",
        _CORE,
        old='"../registry"',
        new='"../pooled_table"',
        complaint="The tenants must be in a table of their own.",
    ),
    Canary(
        "the registry has the name of the pooled table",
        _REGISTRY,
        old='"${var.placement.name}-tenants"',
        new="var.placement.name",
        complaint="known at plan time",
    ),
    Canary(
        "tenants read the registry",
        _CORE,
        old=_TABLE_OF_TENANT_ROLE,
        new=_TABLE_OF_TENANT_ROLE.replace("pooled_table", "registry"),
        complaint="A tenant's session must reach the pooled table and no other.",
    ),
    Canary(
        "the authorizer reads the pooled table",
        _CORE,
        old=_TABLE_OF_AUTHORIZER_ROLE,
        new=_TABLE_OF_AUTHORIZER_ROLE.replace("registry.", "pooled_table."),
        complaint="The authorizer must read the stage's registry.",
    ),
    Canary(
        "offboarding opens sessions of all who write",
        _CORE,
        old="  rights             = local.rights",
        new="  rights             = { administer = local.rights.write }",
        complaint="Offboarding must open sessions of those who administer in permissions.json.",
    ),
    Canary(
        "onboarding reads the master secret",
        _CORE,
        old="one(var.database_secrets[*].writer_arn)",
        new="one(var.database_secrets[*].master_arn)",
        complaint="Onboarding must reach the stage's own registry, users and database.",
    ),
    unrefused(
        "a suspended tenant gets in for hours",
        "local",
        old="var.authorizer_cache_seconds <= 3600",
        new="var.authorizer_cache_seconds <= 36000",
    ),
]
