# The execution roles of the functions that act on tenants as a whole, one for each function. None of them reaches
# the pooled table by itself: offboarding erases a tenant's data in a session of that tenant.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  names = {
    onboard_tenant  = "OnboardTenantRole"
    suspend_tenant  = "SuspendTenantRole"
    resume_tenant   = "ResumeTenantRole"
    offboard_tenant = "OffboardTenantRole"
    list_tenants    = "ListTenantsRole"
    invite_user     = "InviteUserRole"
    remove_user     = "RemoveUserRole"
    set_role        = "SetRoleRole"
  }

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

  # The maintenance role's trust policy names this role, and so lets it open a session with the role tags that it knows,
  # whatever the Allow here says. The Deny holds also if it knew more, which a session without the tag meets as well.
  # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-iam.html
  session_statements = [
    {
      Sid       = "OpenTenantSessionsAs${join("Or", [for role in var.rights.administer : title(role)])}Only"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = [var.tenant_maintenance_role_arn]
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

module "roles" {
  source = "../execution_role"

  placement        = var.placement
  runtime_policies = var.runtime_policies

  functions = {
    for function, name in local.names : function => {
      name        = name
      description = "The function ${function} of the control plane."
      policy_name = "OwnFunctionOnly"
      policy      = local.identity_policies[function]
    }
  }
}
