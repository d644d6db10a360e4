"""The canaries of what comes before and after a tenant's session: registry, authorizer, control plane, exports."""

from __future__ import annotations

from tests.infra.canary import Canary, unrefused

_CORE = "modules/core"
_REGISTRY = "modules/registry"
_BUCKET = "modules/bucket"
_CONTROL_PLANE = "modules/control_plane"

_AUTHORIZER = "The authorizer must read one item of the stage's registry by its key, and nothing else."
_OF_AUTHORIZER = """Action    = ["dynamodb:GetItem"]
          Resource  = [module.registry.arn]
          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
"""

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
    *(
        Canary(f"the authorizer {weakening}", _CORE, _OF_AUTHORIZER, new, _AUTHORIZER, "function_roles.tf")
        for weakening, new in (
            ("changes tenants", _OF_AUTHORIZER.replace('Item"]', 'Item", "dynamodb:UpdateItem"]')),
            ("reads every table", _OF_AUTHORIZER.replace("[module.registry.arn]", '["*"]')),
            ("reads the pooled table", _OF_AUTHORIZER.replace("registry", "pooled_table")),
            ("needs no key", _OF_AUTHORIZER.partition("          Condition")[0]),
        )
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
        old="[var.tenant_maintenance_role_arn]",
        new='["*"]',
        complaint="Offboarding must open sessions of the maintenance role as an administrator, and of no other role.",
    ),
    Canary(
        "offboarding opens sessions without a role tag",
        _CONTROL_PLANE,
        old='      Condition = { StringEquals = { "aws:RequestTag/role" = var.rights.administer } }\n',
        new="",
        complaint="Offboarding must open sessions of the maintenance role as an administrator, and of no other role.",
    ),
    Canary(
        "nothing denies offboarding the sessions of viewers",
        _CONTROL_PLANE,
        old='Sid       = "NeverOpenOtherSessions"\n      Effect    = "Deny"',
        new='Sid       = "NeverOpenOtherSessions"\n      Effect    = "Allow"',
        complaint="Sessions of other roles must be denied, whatever the maintenance role trusts offboarding with.",
    ),
    Canary(
        "offboarding is denied nothing when the role tag is absent",
        _CONTROL_PLANE,
        old='{ StringNotEquals = { "aws:RequestTag/role" = var.rights.administer } }',
        new='{ StringNotEquals = { "aws:RequestTag/role" = var.rights.administer },'
        ' Null = { "aws:RequestTag/role" = "false" } }',
        complaint="Sessions of other roles must be denied, whatever the maintenance role trusts offboarding with.",
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
        "a function of the control plane has the policy of another",
        _CONTROL_PLANE,
        old="policy      = local.identity_policies[function]",
        new="policy      = local.identity_policies.offboard_tenant",
        complaint="The policies must be those that the roles have.",
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
        old="= [module.function_roles.arns.api_handler]",
        new="= [module.function_roles.arns.api_handler, module.control_plane.role_arns.offboard_tenant]",
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
        old="[module.control_plane.role_arns.offboard_tenant]\n  table_arn         = module.pooled_table.arn",
        new="[module.control_plane.role_arns.offboard_tenant]\n  table_arn         = module.registry.arn",
        complaint="A tenant's session must reach the pooled table and no other.",
    ),
    Canary(
        "offboarding opens sessions of all who write",
        _CORE,
        old="  rights                      = local.rights",
        new="  rights                      = { administer = local.rights.write }",
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
