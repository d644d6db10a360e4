# What each function of the control plane may do, read from the plan alone: a policy that is not known at plan time,
# given the ARN of the user pool, fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement          = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
  user_pool_arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
  tenant_role_arn    = "arn:aws:iam::123456789012:role/TenantRole"
  writer_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
  export_bucket_arn  = "arn:aws:s3:::example-exports"
  rights             = { administer = ["admin"] }
}

run "each_function_has_the_actions_that_it_needs" {
  command = plan

  assert {
    condition = {
      for function, policy in aws_iam_role_policy.own_function_only :
      function => { for s in jsondecode(policy.policy).Statement : s.Sid => join(" ", s.Action) if s.Effect == "Allow" }
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

  assert {
    condition     = output.identity_policies == { for function, policy in aws_iam_role_policy.own_function_only : function => policy.policy }
    error_message = "The output must be the policies that the roles have."
  }
}

run "each_action_is_allowed_on_one_resource" {
  command = plan

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.own_function_only : [
        for s in jsondecode(policy.policy).Statement : s.Resource == [var.registry_table_arn]
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")])
      ]
    ]))
    error_message = "No function may reach a table other than the registry, or an index of that."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.own_function_only : [
        for s in jsondecode(policy.policy).Statement : try(s.Condition, null) == { Null = { "dynamodb:LeadingKeys" = "false" } }
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")]) && s.Sid != "ListTenants"
      ]
    ]))
    error_message = "Whoever does not list the tenants must name the one that is meant."
  }

  assert {
    condition = alltrue(flatten([
      for policy in aws_iam_role_policy.own_function_only : [
        for s in jsondecode(policy.policy).Statement : s.Resource == [var.user_pool_arn]
        if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "cognito-idp:")])
      ]
    ]))
    error_message = "No function may reach a user pool other than the stage's."
  }

  assert {
    condition = {
      for s in jsondecode(aws_iam_role_policy.own_function_only["offboard_tenant"].policy).Statement : s.Sid => s.Resource
      if anytrue([for action in s.Action : startswith(action, "s3:")])
      } == {
      ReadAndWriteExportsOnly = ["arn:aws:s3:::example-exports/*"]
      ListExportsOnly         = ["arn:aws:s3:::example-exports"]
    }
    error_message = "Offboarding must reach the exports, and no other bucket."
  }

  assert {
    condition = try([
      for s in jsondecode(aws_iam_role_policy.own_function_only["onboard_tenant"].policy).Statement : s.Resource if s.Sid == "ReadWriterSecretOnly"
    ], null) == [[var.writer_secret_arn]]
    error_message = "Onboarding must read the writer's secret, and no other."
  }
}

run "offboarding_opens_sessions_of_administrators_only" {
  command = plan

  assert {
    condition = try(one([
      for s in jsondecode(aws_iam_role_policy.own_function_only["offboard_tenant"].policy).Statement : s if s.Sid == "OpenTenantSessionsAsAdminOnly"
      ]), null) == {
      Sid       = "OpenTenantSessionsAsAdminOnly"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = ["arn:aws:iam::123456789012:role/TenantRole"]
      Condition = { StringEquals = { "aws:RequestTag/role" = ["admin"] } }
    }
    error_message = "Offboarding must open sessions of the tenant role as an administrator, and of no other role."
  }

  assert {
    condition = try(one([
      for s in jsondecode(aws_iam_role_policy.own_function_only["offboard_tenant"].policy).Statement : s if s.Sid == "NeverOpenOtherSessions"
      ]), null) == {
      Sid       = "NeverOpenOtherSessions"
      Effect    = "Deny"
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Resource  = ["*"]
      Condition = { StringNotEquals = { "aws:RequestTag/role" = ["admin"] } }
    }
    error_message = "Sessions of other roles must be denied, since the tenant role trusts offboarding with any."
  }
}

run "only_the_list_of_tenants_is_scanned" {
  command = plan

  assert {
    condition = alltrue([
      for function, policy in aws_iam_role_policy.own_function_only :
      [for s in jsondecode(policy.policy).Statement : s if s.Effect != "Allow" && s.Sid != "NeverOpenOtherSessions"] == [{
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
    condition = jsonencode([for s in jsondecode(aws_iam_role_policy.own_function_only["list_tenants"].policy).Statement : s]) == jsonencode([
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

run "only_the_lambda_service_takes_the_roles" {
  command = plan

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement == [{
        Sid       = "LambdaServiceOnly"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
      && role.assume_role_policy == output.trust_policy
    ])
    error_message = "Only the Lambda service may assume the roles."
  }

  assert {
    condition = alltrue([
      for function, role in aws_iam_role.this :
      aws_iam_role_policies_exclusive.this[function].policy_names == toset([aws_iam_role_policy.own_function_only[function].name])
      && aws_iam_role_policies_exclusive.this[function].role_name == role.name
      && length(aws_iam_role_policy_attachments_exclusive.this[function].policy_arns) == 0
      && aws_iam_role_policy_attachments_exclusive.this[function].role_name == role.name
    ])
    error_message = "Each role must have its one policy and no other."
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

run "what_a_function_needs_to_run_is_a_policy_of_its_own" {
  command = plan

  variables {
    runtime_policies = {
      list_tenants = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "WriteOwnLogOnly" }] })
    }
  }

  assert {
    condition = (
      jsonencode({ for function, policy in aws_iam_role_policy.runtime : function => policy.policy }) == jsonencode(var.runtime_policies)
      && aws_iam_role_policy.runtime["list_tenants"].role == aws_iam_role.this["list_tenants"].name
    )
    error_message = "Each role must have the policy that is given for its function."
  }

  assert {
    condition = { for function, role in aws_iam_role_policies_exclusive.this : function => role.policy_names if length(role.policy_names) > 1 } == {
      list_tenants = toset([aws_iam_role_policy.own_function_only["list_tenants"].name, aws_iam_role_policy.runtime["list_tenants"].name])
    }
    error_message = "Only the function that is given a second policy must have one."
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
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
    user_pool_arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_*"
    tenant_role_arn    = "arn:aws:iam::123456789012:role/*"
    writer_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-*"
    export_bucket_arn  = "arn:aws:s3:::example-*"
  }

  expect_failures = [
    var.registry_table_arn, var.user_pool_arn, var.tenant_role_arn, var.writer_secret_arn, var.export_bucket_arn,
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

run "a_policy_of_no_function_is_refused" {
  command = plan

  variables {
    runtime_policies = { delete_tenant = jsonencode({ Statement = [] }) }
  }

  expect_failures = [var.runtime_policies]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policies = { set_role = "AdministratorAccess" }
  }

  expect_failures = [var.runtime_policies]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/example-SetRoleRole" }
  }

  expect_failures = [aws_iam_role.this]
}
