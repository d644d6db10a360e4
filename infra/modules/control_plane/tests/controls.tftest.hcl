# What each function of the control plane may do, read from the plan alone: a policy that is not known at plan time,
# given the ARN of the user pool, fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement                   = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  registry_table_arn          = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
  user_pool_arn               = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
  tenant_maintenance_role_arn = "arn:aws:iam::123456789012:role/TenantMaintenanceRole"
  writer_secret_arn           = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
  export_bucket_arn           = "arn:aws:s3:::example-exports"
  rights                      = { administer = ["admin"] }
}

run "each_function_has_the_actions_that_it_needs" {
  command = plan

  assert {
    condition = {
      for function, policy in output.identity_policies :
      function => { for s in jsondecode(policy).Statement : s.Sid => join(" ", s.Action) if s.Effect == "Allow" }
      } == {
      onboard_tenant = {
        ReadAndWriteOneTenantOnly = "dynamodb:GetItem dynamodb:PutItem dynamodb:UpdateItem"
        CreateUsersOnly           = "cognito-idp:AdminCreateUser cognito-idp:AdminGetUser"
        ReadWriterSecretOnly      = "secretsmanager:GetSecretValue"
      }
      suspend_tenant = { ReadAndUpdateOneTenantOnly = "dynamodb:GetItem dynamodb:UpdateItem" }
      resume_tenant  = { ReadAndUpdateOneTenantOnly = "dynamodb:GetItem dynamodb:UpdateItem" }
      offboard_tenant = {
        ReadAndUpdateOneTenantOnly    = "dynamodb:GetItem dynamodb:UpdateItem"
        ListAndRemoveUsersOnly        = "cognito-idp:ListUsers cognito-idp:AdminUserGlobalSignOut cognito-idp:AdminDeleteUser"
        OpenTenantSessionsAsAdminOnly = "sts:AssumeRole sts:TagSession"
        ReadAndWriteExportsOnly       = "s3:PutObject s3:GetObject"
        ListExportsOnly               = "s3:ListBucket"
      }
      list_tenants = { ListTenants = "dynamodb:Scan" }
      invite_user = {
        ReadOneTenantOnly = "dynamodb:GetItem"
        CreateUsersOnly   = "cognito-idp:AdminCreateUser cognito-idp:AdminGetUser"
      }
      remove_user = {
        ReadOneTenantOnly = "dynamodb:GetItem"
        RemoveUsersOnly   = "cognito-idp:AdminGetUser cognito-idp:AdminUserGlobalSignOut cognito-idp:AdminDeleteUser"
      }
      set_role = {
        ReadOneTenantOnly = "dynamodb:GetItem"
        ChangeUsersOnly   = "cognito-idp:AdminGetUser cognito-idp:AdminUpdateUserAttributes cognito-idp:AdminUserGlobalSignOut"
      }
    }
    error_message = "Each function must be allowed what it needs, and nothing else."
  }
}

run "each_action_is_allowed_on_one_resource" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in output.identity_policies : [
        for s in jsondecode(policy).Statement : s.Resource == [var.registry_table_arn]
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")])
      ]
    ]))
    error_message = "No function may reach a table other than the registry, or an index of that."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.identity_policies : [
        for s in jsondecode(policy).Statement : try(s.Condition, null) == { Null = { "dynamodb:LeadingKeys" = "false" } }
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")]) && s.Sid != "ListTenants"
      ]
    ]))
    error_message = "Whoever does not list the tenants must name the one that is meant."
  }

  assert {
    condition = alltrue(flatten([
      for policy in output.identity_policies : [
        for s in jsondecode(policy).Statement : s.Resource == [var.user_pool_arn]
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "cognito-idp:")])
      ]
    ]))
    error_message = "No function may reach a user pool other than the stage's."
  }

  assert {
    condition = {
      for s in jsondecode(output.identity_policies.offboard_tenant).Statement : s.Sid => s.Resource
      if anytrue([for action in s.Action : startswith(action, "s3:")])
      } == {
      ReadAndWriteExportsOnly = ["arn:aws:s3:::example-exports/*"]
      ListExportsOnly         = ["arn:aws:s3:::example-exports"]
    }
    error_message = "Offboarding must reach the exports, and no other bucket."
  }

  assert {
    condition = try([
      for s in jsondecode(output.identity_policies.onboard_tenant).Statement : s.Resource if s.Sid == "ReadWriterSecretOnly"
    ], null) == [[var.writer_secret_arn]]
    error_message = "Onboarding must read the writer's secret, and no other."
  }
}

run "offboarding_opens_sessions_of_administrators_only" {
  command = plan

  assert {
    condition = try(one([
      for s in jsondecode(output.identity_policies.offboard_tenant).Statement : s if s.Sid == "OpenTenantSessionsAsAdminOnly"
      ]), null) == {
      Sid       = "OpenTenantSessionsAsAdminOnly"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = ["arn:aws:iam::123456789012:role/TenantMaintenanceRole"]
      Condition = { StringEquals = { "aws:RequestTag/role" = ["admin"] } }
    }
    error_message = "Offboarding must open sessions of the maintenance role as an administrator, and of no other role."
  }

  assert {
    condition = try(one([
      for s in jsondecode(output.identity_policies.offboard_tenant).Statement : s if s.Sid == "NeverOpenOtherSessions"
      ]), null) == {
      Sid       = "NeverOpenOtherSessions"
      Effect    = "Deny"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = ["*"]
      Condition = { StringNotEquals = { "aws:RequestTag/role" = ["admin"] } }
    }
    error_message = "Sessions of other roles must be denied, whatever the maintenance role trusts offboarding with."
  }
}

run "only_the_list_of_tenants_is_scanned" {
  command = plan

  assert {
    condition = alltrue([
      for function, policy in output.identity_policies :
      [for s in jsondecode(policy).Statement : s if s.Effect != "Allow" && s.Sid != "NeverOpenOtherSessions"] == [{
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      }]
      if function != "list_tenants"
    ])
    error_message = "Scan and PartiQL must be denied on everything, without a condition, to whoever does not list the tenants."
  }

  assert {
    condition = jsonencode([for s in jsondecode(output.identity_policies.list_tenants).Statement : s]) == jsonencode([
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
    ])
    error_message = "list_tenants must scan the registry, be denied to scan anything else, and have no PartiQL."
  }
}

run "each_function_has_a_role_with_its_policy" {
  command = plan

  assert {
    condition     = module.roles.policies == output.identity_policies
    error_message = "The policies must be those that the roles have."
  }

  assert {
    condition = output.role_arns == {
      onboard_tenant  = "arn:aws:iam::123456789012:role/example-OnboardTenantRole"
      suspend_tenant  = "arn:aws:iam::123456789012:role/example-SuspendTenantRole"
      resume_tenant   = "arn:aws:iam::123456789012:role/example-ResumeTenantRole"
      offboard_tenant = "arn:aws:iam::123456789012:role/example-OffboardTenantRole"
      list_tenants    = "arn:aws:iam::123456789012:role/example-ListTenantsRole"
      invite_user     = "arn:aws:iam::123456789012:role/example-InviteUserRole"
      remove_user     = "arn:aws:iam::123456789012:role/example-RemoveUserRole"
      set_role        = "arn:aws:iam::123456789012:role/example-SetRoleRole"
    }
    error_message = "The ARNs must be built from the names, and known although they wait for the roles."
  }
}

run "a_stage_without_a_database_has_no_secret" {
  command = plan

  variables {
    writer_secret_arn = null
  }

  assert {
    condition     = !strcontains(join("", values(output.identity_policies)), "secretsmanager")
    error_message = "There must be no statement without a secret."
  }
}

run "the_administrators_are_those_of_the_rights" {
  command = plan

  variables {
    rights = { administer = ["owner", "auditor"] }
  }

  assert {
    condition = {
      for s in jsondecode(output.identity_policies.offboard_tenant).Statement : s.Sid => values(s.Condition)[0] if contains(s.Action, "sts:AssumeRole")
      } == {
      OpenTenantSessionsAsOwnerOrAuditorOnly = { "aws:RequestTag/role" = ["owner", "auditor"] }
      NeverOpenOtherSessions                 = { "aws:RequestTag/role" = ["owner", "auditor"] }
    }
    error_message = "The roles that administer must be the given ones, and the statement's name must say so."
  }
}

run "a_stages_own_key_is_used_through_the_services_only" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = {
      for function, policy in output.identity_policies :
      function => [for s in jsondecode(policy).Statement : s.Sid if startswith(s.Action[0], "kms:")]
      } == {
      onboard_tenant  = ["WriteWithKeyThroughDynamoDbOnly", "ReadWithKeyThroughSecretsManagerOnly"]
      suspend_tenant  = ["WriteWithKeyThroughDynamoDbOnly"]
      resume_tenant   = ["WriteWithKeyThroughDynamoDbOnly"]
      offboard_tenant = ["WriteWithKeyThroughDynamoDbOnly", "WriteWithKeyThroughS3Only"]
      list_tenants    = ["ReadWithKeyThroughDynamoDbOnly"]
      invite_user     = ["ReadWithKeyThroughDynamoDbOnly"]
      remove_user     = ["ReadWithKeyThroughDynamoDbOnly"]
      set_role        = ["ReadWithKeyThroughDynamoDbOnly"]
    }
    error_message = "Each function must use the key through the services that it calls, and write with it only where it writes."
  }
}

# What the module refuses to be given.

run "wildcards_are_refused" {
  command = plan

  variables {
    registry_table_arn          = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
    user_pool_arn               = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_*"
    tenant_maintenance_role_arn = "arn:aws:iam::123456789012:role/*"
    writer_secret_arn           = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-*"
    export_bucket_arn           = "arn:aws:s3:::example-*"
  }

  expect_failures = [
    var.registry_table_arn, var.user_pool_arn, var.tenant_maintenance_role_arn, var.writer_secret_arn, var.export_bucket_arn,
  ]
}

run "an_index_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants/index/by_name"
  }

  expect_failures = [var.registry_table_arn]
}

run "an_administrator_is_needed" {
  command = plan

  variables {
    rights = { administer = [] }
  }

  expect_failures = [var.rights]
}

run "every_role_is_refused" {
  command = plan

  variables {
    rights = { administer = ["*"] }
  }

  expect_failures = [var.rights]
}
