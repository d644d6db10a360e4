# The execution roles of the functions that act on tenants as a whole, one for each function. None of them reaches
# the pooled table by itself: offboarding erases a tenant's data in a session of that tenant.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  names = {
    onboard_tenant  = "${var.placement.name}-OnboardTenantRole"
    suspend_tenant  = "${var.placement.name}-SuspendTenantRole"
    resume_tenant   = "${var.placement.name}-ResumeTenantRole"
    offboard_tenant = "${var.placement.name}-OffboardTenantRole"
    list_tenants    = "${var.placement.name}-ListTenantsRole"
    invite_user     = "${var.placement.name}-InviteUserRole"
    remove_user     = "${var.placement.name}-RemoveUserRole"
    set_role        = "${var.placement.name}-SetRoleRole"
  }

  arns = { for function, name in local.names : function => "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${name}" }

  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LambdaServiceOnly"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })

  # One item for each call, by its key. None may delete one: an offboarded tenant's id is never used again.
  registry_statements = {
    for sid, actions in {
      ReadOneTenantOnly          = ["dynamodb:GetItem"]
      ReadAndUpdateOneTenantOnly = ["dynamodb:GetItem", "dynamodb:UpdateItem"]
      ReadAndWriteOneTenantOnly  = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
      } : sid => {
      Sid       = sid
      Effect    = "Allow"
      Action    = actions
      Resource  = [var.registry_table_arn]
      Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
    }
  }

  # IAM knows user pools, not users: whose user it is, the function's own code sees to.
  user_statements = {
    for sid, actions in {
      CreateUsersOnly        = ["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"]
      RemoveUsersOnly        = ["cognito-idp:AdminGetUser", "cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"]
      ChangeUsersOnly        = ["cognito-idp:AdminGetUser", "cognito-idp:AdminUpdateUserAttributes", "cognito-idp:AdminUserGlobalSignOut"]
      ListAndRemoveUsersOnly = ["cognito-idp:ListUsers", "cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"]
      } : sid => {
      Sid      = sid
      Effect   = "Allow"
      Action   = actions
      Resource = [var.user_pool_arn]
    }
  }

  writer_secret_statements = [
    for arn in var.writer_secret_arn[*] : {
      Sid      = "ReadWriterSecretOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [arn]
    }
  ]

  # The tenant role's trust policy names this role, and so lets it open a session with any role tag, whatever the
  # Allow here says. What holds is the Deny, which a session without the tag meets as well.
  # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-iam.html
  session_statements = [
    {
      Sid       = "OpenTenantSessionsAs${join("Or", [for role in var.rights.administer : title(role)])}Only"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = [var.tenant_role_arn]
      Condition = { StringEquals = { "aws:RequestTag/role" = var.rights.administer } }
    },
    {
      Sid       = "NeverOpenOtherSessions"
      Effect    = "Deny"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = ["*"]
      Condition = { StringNotEquals = { "aws:RequestTag/role" = var.rights.administer } }
    },
  ]

  # Without s3:ListBucket, a missing export would look like a forbidden one.
  export_statements = [
    {
      Sid      = "ReadAndWriteExportsOnly"
      Effect   = "Allow"
      Action   = ["s3:PutObject", "s3:GetObject"]
      Resource = ["${var.export_bucket_arn}/*"]
    },
    {
      Sid      = "ListExportsOnly"
      Effect   = "Allow"
      Action   = ["s3:ListBucket"]
      Resource = [var.export_bucket_arn]
    },
  ]

  # What each function reads or writes that the stage's own key encrypts: the same as its other statements say. The
  # user pool is encrypted with a key of Cognito's.
  key_statements = {
    onboard_tenant = concat(
      module.key_access.writing.dynamodb,
      var.writer_secret_arn == null ? [] : module.key_access.reading.secretsmanager,
    )
    suspend_tenant  = module.key_access.writing.dynamodb
    resume_tenant   = module.key_access.writing.dynamodb
    offboard_tenant = concat(module.key_access.writing.dynamodb, module.key_access.writing.s3)
    list_tenants    = module.key_access.reading.dynamodb
    invite_user     = module.key_access.reading.dynamodb
    remove_user     = module.key_access.reading.dynamodb
    set_role        = module.key_access.reading.dynamodb
  }

  never_scan = {
    Sid      = "NeverScan"
    Effect   = "Deny"
    Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
    Resource = ["*"]
  }

  # The only role of the product that may scan, and the registry is the only table without a tenant's data.
  list_statements = [
    {
      Sid      = "ListTenants"
      Effect   = "Allow"
      Action   = ["dynamodb:Scan"]
      Resource = [var.registry_table_arn]
    },
    {
      Sid         = "NeverScanOtherTables"
      Effect      = "Deny"
      Action      = ["dynamodb:Scan"]
      NotResource = [var.registry_table_arn]
    },
    {
      Sid      = "NeverPartiQL"
      Effect   = "Deny"
      Action   = ["dynamodb:PartiQL*"]
      Resource = ["*"]
    },
  ]

  statements = {
    onboard_tenant = concat(
      [local.registry_statements.ReadAndWriteOneTenantOnly, local.user_statements.CreateUsersOnly],
      local.writer_secret_statements,
      [local.never_scan],
    )
    suspend_tenant = [local.registry_statements.ReadAndUpdateOneTenantOnly, local.never_scan]
    resume_tenant  = [local.registry_statements.ReadAndUpdateOneTenantOnly, local.never_scan]
    offboard_tenant = concat(
      [local.registry_statements.ReadAndUpdateOneTenantOnly, local.user_statements.ListAndRemoveUsersOnly],
      local.session_statements,
      local.export_statements,
      [local.never_scan],
    )
    list_tenants = local.list_statements
    invite_user  = [local.registry_statements.ReadOneTenantOnly, local.user_statements.CreateUsersOnly, local.never_scan]
    remove_user  = [local.registry_statements.ReadOneTenantOnly, local.user_statements.RemoveUsersOnly, local.never_scan]
    set_role     = [local.registry_statements.ReadOneTenantOnly, local.user_statements.ChangeUsersOnly, local.never_scan]
  }

  identity_policies = {
    for function, statements in local.statements : function => jsonencode({
      Version   = "2012-10-17"
      Statement = concat(statements, local.key_statements[function])
    })
  }
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

resource "aws_iam_role" "this" {
  for_each = local.names

  name                 = each.value
  description          = "The function ${each.key} of the control plane."
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arns[each.key]
      error_message = "The role is ${self.arn}, but policies name ${local.arns[each.key]}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "own_function_only" {
  for_each = aws_iam_role.this

  name   = "OwnFunctionOnly"
  role   = each.value.name
  policy = local.identity_policies[each.key]
}

# Apart from the policies above, which say what the functions are for.
resource "aws_iam_role_policy" "runtime" {
  for_each = var.runtime_policies

  name   = "Runtime"
  role   = aws_iam_role.this[each.key].name
  policy = each.value
}

# Whatever else is attached to the roles, by hand or by other code, is drift that the next apply removes.
resource "aws_iam_role_policies_exclusive" "this" {
  for_each = aws_iam_role_policy.own_function_only

  role_name    = each.value.role
  policy_names = concat([each.value.name], [for function, policy in aws_iam_role_policy.runtime : policy.name if function == each.key])
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  for_each = aws_iam_role.this

  role_name   = each.value.name
  policy_arns = []
}
