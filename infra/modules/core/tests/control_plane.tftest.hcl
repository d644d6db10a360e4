# How what comes before and after a tenant's session is put together: registry, authorizer, control plane, exports. Read
# from the plan alone, as in controls.tftest.hcl.

mock_provider "aws" {}

variables {
  placement        = { name = "bulkhead-t1", region = "eu-central-1", account_id = "123456789012" }
  disposable       = false
  vending_strategy = "session_tags"
  exports          = { retention_days = 365, expire = true }
}

run "neither_the_api_nor_a_tenant_reaches_the_registry" {
  command = plan

  variables {
    vending_strategy = "session_policy"
    database_secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_writer-??????"
    }
  }

  assert {
    condition     = output.registry_table_arn != output.table_arn && !strcontains(output.registry_table_arn, "*")
    error_message = "The tenants must be in a table of their own."
  }

  assert {
    condition     = length([for s in jsondecode(module.lambda_role.identity_policy).Statement : s if s.Effect == "Allow" && jsonencode(s.Action) != jsonencode(["sts:AssumeRole", "sts:TagSession"])]) == 0
    error_message = "The API's role must have no action on any table."
  }

  assert {
    condition = alltrue(flatten([
      for role in [module.tenant_role, module.tenant_policy_role[0]] : [
        for s in jsondecode(role.identity_policy).Statement :
        alltrue([for action in s.Action : startswith(action, "dynamodb:")]) ? s.Resource == [output.table_arn] : s.Action == ["secretsmanager:GetSecretValue"]
        if s.Effect == "Allow"
      ]
    ]))
    error_message = "A tenant's session must reach the pooled table and no other."
  }

  assert {
    condition = alltrue([
      for policy in [module.lambda_role.identity_policy, module.tenant_role.identity_policy, module.tenant_policy_role[0].identity_policy] :
      !strcontains(policy, output.registry_table_name) && !strcontains(policy, "NotAction") && !strcontains(policy, "NotResource")
    ])
    error_message = "The policies of the API and of tenants must not name the registry, nor everything but something else."
  }

  assert {
    condition = [
      for s in jsondecode(module.authorizer_role.identity_policy).Statement : "${join(" ", s.Action)} ${join(" ", s.Resource)}" if s.Effect == "Allow"
    ] == ["dynamodb:GetItem ${output.registry_table_arn}"]
    error_message = "The authorizer must read the stage's registry."
  }
}

# Each role of the control plane, with the ARN of a user pool that there might be: the only part of its policies that
# a plan cannot know.
run "the_control_plane_acts_on_its_own_stage" {
  command = plan

  variables {
    database_secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_writer-??????"
    }
  }

  override_module {
    target = module.identity
    outputs = {
      user_pool_id        = "eu-central-1_Pool12345"
      user_pool_arn       = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      user_pool_client_id = "client12345"
      issuer              = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
    }
  }

  assert {
    condition = toset(flatten([
      for policy in values(module.control_plane.identity_policies) : [
        for s in jsondecode(policy).Statement : s.Resource if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")])
      ]
    ])) == toset(["arn:aws:dynamodb:eu-central-1:123456789012:table/bulkhead-t1-tenants"])
    error_message = "The control plane must reach the stage's registry by itself, and no other table."
  }

  assert {
    condition = {
      for s in jsondecode(module.control_plane.identity_policies.offboard_tenant).Statement : s.Sid => s.Resource[0] if s.Effect == "Allow"
      } == {
      ReadAndUpdateOneTenantOnly    = "arn:aws:dynamodb:eu-central-1:123456789012:table/bulkhead-t1-tenants"
      ListAndRemoveUsersOnly        = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      OpenTenantSessionsAsAdminOnly = "arn:aws:iam::123456789012:role/bulkhead-t1-TenantRole"
      ReadAndWriteExportsOnly       = "arn:aws:s3:::bulkhead-t1-exports-123456789012/*"
      ListExportsOnly               = "arn:aws:s3:::bulkhead-t1-exports-123456789012"
    }
    error_message = "Offboarding must reach the stage's own registry, users, tenants and exports."
  }

  assert {
    condition = [
      for s in jsondecode(module.control_plane.identity_policies.offboard_tenant).Statement : s.Condition.StringEquals["aws:RequestTag/role"]
      if can(s.Condition.StringEquals)
    ] == [jsondecode(file("../../../chalicelib/permissions.json")).rights.administer]
    error_message = "Offboarding must open sessions of those who administer in permissions.json."
  }

  assert {
    condition = {
      for s in jsondecode(module.control_plane.identity_policies.onboard_tenant).Statement : s.Sid => s.Resource[0] if s.Effect == "Allow"
      } == {
      ReadAndWriteOneTenantOnly = "arn:aws:dynamodb:eu-central-1:123456789012:table/bulkhead-t1-tenants"
      CreateUsersOnly           = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      ReadWriterSecretOnly      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_writer-??????"
    }
    error_message = "Onboarding must reach the stage's own registry, users and database."
  }

  assert {
    condition     = { for function, arn in output.role_arns : function => arn if contains(keys(module.control_plane.role_arns), function) } == module.control_plane.role_arns && length(output.role_arns) == 12
    error_message = "The outputs must tell the role of each function."
  }

  assert {
    condition = [output.registry_table_name, output.role_arns.tenant_authorizer, output.export_bucket_name, output.user_pool_arn] == [
      "bulkhead-t1-tenants",
      "arn:aws:iam::123456789012:role/bulkhead-t1-AuthorizerRole",
      "bulkhead-t1-exports-123456789012",
      "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345",
    ]
    error_message = "The outputs must tell the registry, the authorizer's role, the exports' bucket and the user pool."
  }
}
