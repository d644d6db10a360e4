"""The canaries of tenants' sessions: who opens them, what they reach, and what functions' roles do without one."""

from __future__ import annotations

from tests.infra.canary import NEVER_SCAN, Canary, unrefused

_CORE = "modules/core"
_TENANT_TRUST = "modules/tenant_trust"
_TENANT_ROLE = "modules/tenant_role"
_EXECUTION_ROLE = "modules/execution_role"

SESSION_CANARIES = [
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
        old=", { StringEquals = local.role_tag })",
        new=")",
        complaint="A session needs the tag role, with a known role.",
    ),
    Canary(
        "the role tag may be absent",
        _TENANT_TRUST,
        old="{ StringEquals = local.role_tag }",
        new="{ StringEqualsIfExists = local.role_tag }",
        complaint="none that holds when a tag is absent",
    ),
    Canary(
        "more tags are allowed",
        _TENANT_TRUST,
        old='    "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tenant", "role"] }\n',
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
    # Whose token opens one.
    Canary(
        "a token of any client opens a session",
        _TENANT_TRUST,
        old='{ "${token.issuer_host}:aud" = token.audience }',
        new="{}",
        complaint="A token must be for the stage's own client: the key's absence must refuse.",
    ),
    Canary(
        "a token opens a session from anywhere",
        _TENANT_TRUST,
        old='token.endpoint_ids == null ? {} : { "aws:SourceVpce" = token.endpoint_ids }',
        new="{}",
        complaint="A token must be refused that comes to STS by another way than the stage's own endpoint.",
    ),
    Canary(
        "a token opens a session that bears any name",
        _TENANT_TRUST,
        old="$${aws:RequestTag/tenant}.$${aws:RequestTag/role}",
        new="*",
        complaint="A session must be called after its tenant and role",
    ),
    Canary(
        "a session of a token is opened by a role as well",
        _TENANT_TRUST,
        old='Principal = { Federated = token.provider_arn }\n        Action    = "sts:AssumeRoleWithWebIdentity"',
        new='Principal = { Federated = token.provider_arn, AWS = "*" }\n'
        '        Action    = "sts:AssumeRoleWithWebIdentity"',
        complaint="Only tokens of the provider must open a session and tag it, and no AWS principal.",
    ),
    Canary(
        "tags of a token may be transitive",
        _TENANT_TRUST,
        old='          Null         = { "sts:TransitiveTagKeys" = "true" }\n',
        new="",
        complaint="A session needs the tags tenant and role, no other, and none of them transitive.",
    ),
    Canary(
        "a tenant of a token is of any form",
        _TENANT_TRUST,
        old="Condition = merge(local.two_tags, local.well_formed, {\n          StringEquals = merge(local.own",
        new='Condition = merge(local.two_tags, { StringNotLike = { "aws:RequestTag/tenant" = ["-*"] } }, {\n'
        "          StringEquals = merge(local.own",
        complaint="Tokens must open sessions of the tenant grammar as roles do",
    ),
    Canary(
        "a token of another client names the user",
        _TENANT_TRUST,
        old='          "${token.issuer_host}:aud" = token.audience\n          "sts:S',
        new='          "sts:S',
        complaint="The token of the stage's client must name its own user",
    ),
    Canary(
        "a token names another user than its own",
        _TENANT_TRUST,
        old="$${${token.issuer_host}:sub}",
        new="*",
        complaint="The token of the stage's client must name its own user",
    ),
    unrefused(
        "roles and tokens may both open sessions",
        _TENANT_TRUST,
        old="(length(var.trusted_role_arns) > 0) != (var.token != null)",
        new="length(var.trusted_role_arns) > 0 || var.token != null",
    ),
    unrefused(
        "a provider may be that of another issuer",
        _TENANT_TRUST,
        old='endswith(var.token.provider_arn, ":oidc-provider/${var.token.issuer_host}")',
        new="true",
    ),
    unrefused(
        "any text stands for a client",
        _TENANT_TRUST,
        old="^[A-Za-z0-9_+.-]+$",
        new="",
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
        old='{ Null = { "dynamodb:LeadingKeys" = "false" } }',
        new="{}",
        complaint="Every Allow must require a leading key",
    ),
    Canary(
        "what a session policy narrows needs no leading key",
        _TENANT_ROLE,
        old='{ Null = { "dynamodb:LeadingKeys" = "false" } }',
        new='var.confined_by == "session_policy" ? {} : { Null = { "dynamodb:LeadingKeys" = "false" } }',
        complaint="Every Allow must require a leading key, which is what a session policy narrows.",
    ),
    Canary(
        "sessions of tokens reach every tenant",
        _TENANT_ROLE,
        old='var.confined_by == "session_policy" ? {} :',
        new='var.confined_by != "tag" ? {} :',
        complaint="A session must reach what one that a trusted role opens reaches.",
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
        old='"dynamodb:Query"]\n        Resource  = [var.table_arn]',
        new='"dynamodb:Query"]\n        Resource  = [var.table_arn, "${var.table_arn}/index/*"]',
        complaint="Every Allow must name the table and nothing else",
    ),
    Canary(
        "a session reads items in batches",
        _TENANT_ROLE,
        old='["dynamodb:GetItem", "dynamodb:Query"]',
        new='["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"]',
        complaint="the policy must allow five actions on items",
    ),
    Canary(
        "tenants may scan",
        _TENANT_ROLE,
        old=NEVER_SCAN,
        new="",
        complaint="Scan and PartiQL must be denied on everything",
    ),
    Canary(
        "a session reaches data from anywhere",
        _TENANT_ROLE,
        old="    ], local.endpoint_statements, local.key_statements)",
        new="    ], local.key_statements)",
        complaint="Data must be denied by every other way, also where a call came through no endpoint.",
    ),
    Canary(
        "a session reaches data through no endpoint",
        _TENANT_ROLE,
        old="{ StringNotEquals =",
        new="{ StringNotEqualsIfExists =",
        complaint="Data must be denied by every other way, also where a call came through no endpoint.",
    ),
    Canary(
        "a token opens a session past the stage's endpoint",
        _TENANT_ROLE,
        old="try(var.endpoints.sts_ids, null)",
        new="null",
        complaint="and a token only through the stage's endpoint of STS.",
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
        _TENANT_ROLE,
        old='        Condition = { StringEquals = { "aws:PrincipalTag/role" = var.rights.administer } }\n',
        new="",
        complaint="Only sessions tagged admin may read the writer's secret.",
    ),
    Canary(
        "all who write read the secret of the writer",
        _TENANT_ROLE,
        old='{ StringEquals = { "aws:PrincipalTag/role" = var.rights.administer } }',
        new='{ StringEquals = { "aws:PrincipalTag/role" = var.rights.write } }',
        complaint="Only sessions tagged admin may read the writer's secret.",
    ),
    Canary(
        "sessions write secrets",
        _TENANT_ROLE,
        old='Action   = ["secretsmanager:GetSecretValue"]',
        new='Action   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]',
        complaint="Every session may read the reader's secret, and do nothing else with secrets.",
    ),
    Canary(
        "sessions read every secret of the database",
        _TENANT_ROLE,
        old="[secrets.reader_arn]",
        new='["${dirname(secrets.reader_arn)}/*"]',
        complaint="Every session may read the reader's secret, and do nothing else with secrets.",
    ),
    Canary(
        "the tenant role trusts another role",
        _TENANT_ROLE,
        old="= var.trusted_role_arns",
        new='= ["arn:aws:iam::${var.placement.account_id}:role/Developer"]',
        complaint="Only the trusted roles may assume the role.",
    ),
    Canary(
        "the tenant role has a trust policy of its own",
        _TENANT_ROLE,
        old="= module.trust.policy",
        new='= replace(module.trust.policy, "???*", "*")',
        complaint="The trust policy must be the one that tenant_trust says.",
    ),
    Canary(
        "a session lives for longer than an hour",
        _TENANT_ROLE,
        old="= 3600",
        new="= 43200",
        complaint="A session lives for an hour at most.",
    ),
    Canary(
        "the tenant role is opened by writers only",
        _TENANT_ROLE,
        old="= var.rights.read",
        new="= var.rights.write",
        complaint="The roles that read, in their order, must be those that sessions may have.",
    ),
    *(
        unrefused(f"the tenant role has {weakening}", _TENANT_ROLE, old, new)
        for weakening, old, new in (
            ("secrets of every database", "-[?]{6}$", ""),
            (
                "one secret for reader and writer",
                "var.database_secrets.reader_arn != var.database_secrets.writer_arn",
                "var.database_secrets.reader_arn != null",
            ),
            ("rights that nobody has", "length(roles) > 0", "length(roles) >= 0"),
            (
                "whoever writes without reading",
                "length(setsubtract(var.rights.write, var.rights.read)) == 0",
                "true",
            ),
            (
                "whoever administers without writing",
                "length(setsubtract(var.rights.administer, var.rights.write)) == 0",
                "true",
            ),
            ("any endpoint", "^vpce-[0-9a-f]+$", ""),
            (
                "tags of a token that are anybody's",
                '(var.confined_by == "token") == (var.token != null)',
                "var.confined_by != null",
            ),
        )
    ),
    # What the functions' roles have.
    Canary(
        "anybody takes the role of a function",
        _EXECUTION_ROLE,
        old='{ Service = "lambda.amazonaws.com" }',
        new='{ AWS = "*" }',
        complaint="Only the Lambda service may assume the roles.",
    ),
    Canary(
        "another policy is attached to the role of a function",
        _EXECUTION_ROLE,
        old="policy_arns = []",
        new='policy_arns = ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"]',
        complaint="Each role must have its one policy and no other.",
    ),
    Canary(
        "a function has the policy of another",
        _EXECUTION_ROLE,
        old="  policy = each.value.policy",
        new="  policy = values(var.functions)[0].policy",
        complaint="Each role must have the policy of its own function.",
    ),
    Canary(
        "the ARNs of the functions' roles are not known at plan time",
        _EXECUTION_ROLE,
        old="value       = local.arns",
        new="value       = { for function, role in aws_iam_role.this : function => role.arn }",
        complaint="The ARNs must be built from the names",
        file="outputs.tf",
    ),
    unrefused(
        "two functions may share a role",
        _EXECUTION_ROLE,
        old="length(distinct(values(var.functions)[*].name)) == length(var.functions)",
        new="length(var.functions) >= 0",
    ),
    # What the API may do by itself, and who opens sessions.
    Canary(
        "the API reads data",
        _CORE,
        old='[module.signing_keys.arn]\n          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }\n'
        "        },\n      ],\n      [",
        new="[module.signing_keys.arn, module.pooled_table.arn]\n"
        '          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }\n        },\n      ],\n      [',
        complaint="The API's role must read the keys that sign tokens, and may open no session.",
        file="function_roles.tf",
    ),
    Canary(
        "the API opens tenants' sessions by itself",
        _CORE,
        old="range(local.opened_by_token ? 0 : 1)",
        new="range(1)",
        complaint="The API's role must read the keys that sign tokens, and may open no session.",
        file="function_roles.tf",
    ),
    Canary(
        "the API opens sessions of any role of the stage",
        _CORE,
        old="[local.tenant_role_arn]",
        new='["*"]',
        complaint="The API's role may open sessions of TenantRole and of no other role.",
        file="function_roles.tf",
    ),
    Canary(
        "the functions for tokens may scan",
        _CORE,
        old=NEVER_SCAN.replace("\n  ", "\n    "),
        new="",
        complaint="The trigger must be allowed nothing",
        file="function_roles.tf",
    ),
    Canary(
        "the refresh of the keys writes the registry",
        _CORE,
        old='Sid       = "WriteSigningKeysOnly"\n          Effect    = "Allow"\n'
        '          Action    = ["dynamodb:PutItem"]\n          Resource  = [module.signing_keys.arn]',
        new='Sid       = "WriteSigningKeysOnly"\n          Effect    = "Allow"\n'
        '          Action    = ["dynamodb:PutItem"]\n          Resource  = [module.registry.arn]',
        complaint="the refresh to write the keys that sign tokens.",
        file="function_roles.tf",
    ),
    Canary(
        "the trigger writes the keys that sign tokens",
        _CORE,
        old="    tag_id_token = []\n",
        new='    tag_id_token = [{ Sid = "X", Effect = "Allow", Action = ["dynamodb:PutItem"],'
        " Resource = [module.signing_keys.arn] }]\n",
        complaint="The trigger must be allowed nothing",
        file="function_roles.tf",
    ),
    Canary(
        "another role opens tenants' sessions",
        _CORE,
        old="local.opened_by_token ? [] : [module.function_roles.arns.api_handler]",
        new='local.opened_by_token ? [] : ["arn:aws:iam::${var.placement.account_id}:role/Developer"]',
        complaint="TenantRole must trust the API's role and nobody else.",
    ),
    Canary(
        "another role opens sessions that only a session policy narrows",
        _CORE,
        old="= [module.function_roles.arns.api_handler]",
        new='= ["arn:aws:iam::${var.placement.account_id}:role/Developer"]',
        complaint="TenantPolicyRole must trust the API's role and nobody else.",
    ),
    Canary(
        "the API opens sessions of maintenance",
        _CORE,
        old="[module.control_plane.role_arns.offboard_tenant]",
        new="[module.control_plane.role_arns.offboard_tenant, module.function_roles.arns.api_handler]",
        complaint="TenantMaintenanceRole must trust offboarding's role and nobody else.",
    ),
    Canary(
        "maintenance has sessions of every role",
        _CORE,
        old="{ read = local.rights.administer,",
        new="{ read = local.rights.read,",
        complaint="Maintenance must be sessions of those who administer only.",
    ),
    Canary(
        "a session of each user names nobody",
        _CORE,
        old="session_per  = var.session_per",
        new='session_per  = "tenant"',
        complaint="Where each user has a session, the token must name the user.",
    ),
    Canary(
        "every stage has the role that reaches every tenant",
        _CORE,
        old='count  = var.vending_strategy == "session_policy" ? 1 : 0',
        new="count  = 1",
        complaint="Only a stage of session policies may have a TenantPolicyRole.",
    ),
    Canary(
        "nobody is told that users hold credentials",
        _CORE,
        old='var.vending_strategy != "web_identity" || var.endpoints != null',
        new='var.vending_strategy != "" || var.endpoints != null',
        complaint="Missing expected failure",
    ),
    unrefused(
        "a role may open sessions per user",
        _CORE,
        old='var.session_per != "user" || var.vending_strategy == "web_identity"',
        new='var.session_per != ""',
    ),
    unrefused(
        "a stage may choose a strategy that there is not",
        _CORE,
        old='contains(["web_identity", "session_tags", "session_policy"], var.vending_strategy)',
        new='var.vending_strategy != ""',
    ),
    Canary(
        "the rights are not those of the one table",
        _CORE,
        old='jsondecode(file("${path.module}/../../../chalicelib/permissions.json")).rights',
        new='{ read = ["viewer", "admin"], write = ["viewer", "admin"], administer = ["viewer"] }',
        complaint="Whoever writes items, and whoever reads the writer's secret, must be those of permissions.json.",
    ),
    *(
        Canary(
            f"{whose} read the master secret",
            _CORE,
            old="  database_secrets  = var.database_secrets\n  endpoints         = var.endpoints\n" + after,
            new="  database_secrets  = merge(var.database_secrets, { reader_arn = var.database_secrets.master_arn })\n"
            "  endpoints         = var.endpoints\n" + after,
            complaint="The tenant roles must read the stage's own reader secret, and its writer secret, and not the"
            " master's.",
        )
        for whose, after in (("tenants", "\n  token = "), ("sessions of maintenance", '}\n\nmodule "control_plane"'))
    ),
]
