# How the modules are put together, read from the plan alone: a policy that is not known at plan time fails here as well
# ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement        = { name = "example-t1", region = "eu-central-1", account_id = "123456789012" }
  disposable       = false
  vending_strategy = "session_tags"
  exports          = { retention_days = 365, expire = true }

  database_secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????"
  }
}

run "the_api_opens_tenant_sessions_on_the_pooled_table" {
  command = plan

  variables {
    database_secrets = null
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_role.trust_policy).Statement : s.Principal] == [{ AWS = [output.role_arns.api_handler, output.role_arns.offboard_tenant] }]
    error_message = "TenantRole must trust the roles of the API and of offboarding, and nobody else."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.lambda_role.identity_policy).Statement : s.Resource == [output.tenant_role_arn] if s.Effect == "Allow"
    ])
    error_message = "The API's role may open sessions of TenantRole and of no other role."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_role.identity_policy).Statement :
      s.Resource == ["arn:aws:dynamodb:eu-central-1:123456789012:table/${output.table_name}"] if s.Effect == "Allow"
    ])
    error_message = "TenantRole must reach the stage's own table only."
  }

  assert {
    condition = alltrue([
      for absent in [output.role_arns.migrate_database, output.role_arns.rotate_secret] :
      absent == null
    ])
    error_message = "A stage without a database must have no roles for one."
  }
}

run "the_roles_are_those_of_the_one_table" {
  command = plan

  variables {
    vending_strategy = "session_policy"
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] :
      jsondecode(role.trust_policy).Statement[0].Condition.StringEquals["aws:RequestTag/role"]
      == jsondecode(file("../../../chalicelib/permissions.json")).rights.read
    ])
    error_message = "The roles that read in permissions.json, in its order, must be those that sessions may have."
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] : [
        for s in jsondecode(role.identity_policy).Statement : s.Condition.StringEquals["aws:PrincipalTag/role"] if can(s.Condition.StringEquals)
        ] == [
        jsondecode(file("../../../chalicelib/permissions.json")).rights.write,
        jsondecode(file("../../../chalicelib/permissions.json")).rights.administer,
      ]
    ])
    error_message = "Whoever writes items, and whoever reads the writer's secret, must be those of permissions.json."
  }
}

run "a_stage_of_session_tags_has_no_role_that_reaches_every_tenant" {
  command = plan

  assert {
    condition     = output.tenant_policy_role_arn == null && length(module.tenant_policy_role) == 0
    error_message = "A stage of session tags must have no TenantPolicyRole."
  }

  assert {
    condition     = output.table_arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/${output.table_name}"
    error_message = "The output must be the ARN of the stage's table."
  }
}

run "a_stage_of_session_policies_has_both_roles" {
  command = plan

  variables {
    database_secrets = null
    vending_strategy = "session_policy"
  }

  assert {
    condition     = output.tenant_policy_role_arn == "arn:aws:iam::123456789012:role/example-t1-TenantPolicyRole"
    error_message = "The output must tell the strategy's role."
  }

  assert {
    condition = [for s in jsondecode(module.lambda_role.identity_policy).Statement : s.Resource if s.Effect == "Allow"] == [
      ["arn:aws:iam::123456789012:role/example-t1-TenantPolicyRole", "arn:aws:iam::123456789012:role/example-t1-TenantRole"],
    ]
    error_message = "The API's role may open sessions of both tenant roles and of no other role."
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_policy_role[0].trust_policy).Statement : s.Principal] == [{ AWS = [output.role_arns.api_handler] }]
    error_message = "TenantPolicyRole must trust the API's role and nobody else."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_policy_role[0].identity_policy).Statement : s.Resource == [output.table_arn] if s.Effect == "Allow"
    ])
    error_message = "TenantPolicyRole must reach the stage's own table only."
  }
}

run "each_role_reads_its_own_secrets_of_the_database" {
  command = plan

  variables {
    vending_strategy = "session_policy"
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] : {
        for s in jsondecode(role.identity_policy).Statement : s.Sid => s.Resource if s.Action == ["secretsmanager:GetSecretValue"]
        } == {
        ReadReaderSecretOnly        = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_reader-??????"]
        ReadWriterSecretAsAdminOnly = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????"]
      }
    ])
    error_message = "The tenant roles must read the stage's own reader secret, and its writer secret, and not the master's."
  }

  assert {
    condition     = !strcontains(module.lambda_role.identity_policy, "secretsmanager")
    error_message = "The API's role must read no secret by itself."
  }

  assert {
    condition = {
      for s in jsondecode(module.database_functions[0].rotate_secret_identity_policy).Statement : s.Sid => s.Resource if s.Effect == "Allow"
      } == {
      ReadMasterSecretOnly = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/master-??????"]
      RotateLoginSecretsOnly = [
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_reader-??????",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????",
      ]
      DrawRandomPasswords = ["*"]
    }
    error_message = "rotate_secret must read the stage's master secret, and write those of the two logins."
  }

  assert {
    condition = [output.role_arns.migrate_database, output.role_arns.rotate_secret] == [
      "arn:aws:iam::123456789012:role/example-t1-MigrateDatabaseRole", "arn:aws:iam::123456789012:role/example-t1-RotateSecretRole",
    ]
    error_message = "The outputs must tell which roles the database's functions have."
  }
}

run "a_stage_has_a_key_of_its_own" {
  command = plan

  variables {
    placement = { name = "example-t1", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d" }
  }

  assert {
    condition = alltrue([
      for policy in [module.tenant_role.identity_policy, module.authorizer_role.identity_policy] :
      alltrue([for s in jsondecode(policy).Statement : can(s.Condition.StringEquals["kms:ViaService"]) if strcontains(jsonencode(s.Action), "kms:")]) && strcontains(policy, "kms:Decrypt")
    ])
    error_message = "With a key of the stage, each role must be able to use it, and only through the services."
  }
}

run "each_function_has_the_rights_that_it_needs_to_run" {
  command = plan

  variables {
    runtime_policies = {
      for function in ["api_handler", "tenant_authorizer", "migrate_database", "rotate_secret", "onboard_tenant", "set_role"] :
      function => jsonencode({ Version = "2012-10-17", Statement = [{ Sid = function, Effect = "Allow", Action = ["logs:PutLogEvents"], Resource = ["*"] }] })
    }
  }

  assert {
    condition     = length(distinct(values(output.role_arns))) == length(keys(module.control_plane.role_arns)) + 4
    error_message = "Every function must have a role of its own, and take what it needs to run."
  }
}

# How what comes before and after a tenant's session is put together: registry, authorizer, control plane, exports.

run "neither_the_api_nor_a_tenant_reaches_the_registry" {
  command = plan

  variables {
    vending_strategy = "session_policy"
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
    ])) == toset(["arn:aws:dynamodb:eu-central-1:123456789012:table/example-t1-tenants"])
    error_message = "The control plane must reach the stage's registry by itself, and no other table."
  }

  assert {
    condition = {
      for s in jsondecode(module.control_plane.identity_policies.offboard_tenant).Statement : s.Sid => s.Resource[0] if s.Effect == "Allow"
      } == {
      ReadAndUpdateOneTenantOnly    = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-t1-tenants"
      ListAndRemoveUsersOnly        = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      OpenTenantSessionsAsAdminOnly = "arn:aws:iam::123456789012:role/example-t1-TenantRole"
      ReadAndWriteExportsOnly       = "arn:aws:s3:::example-t1-exports-123456789012/*"
      ListExportsOnly               = "arn:aws:s3:::example-t1-exports-123456789012"
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
      ReadAndWriteOneTenantOnly = "arn:aws:dynamodb:eu-central-1:123456789012:table/example-t1-tenants"
      CreateUsersOnly           = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      ReadWriterSecretOnly      = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????"
    }
    error_message = "Onboarding must reach the stage's own registry, users and database."
  }

  assert {
    condition     = { for function, arn in output.role_arns : function => arn if contains(keys(module.control_plane.role_arns), function) } == module.control_plane.role_arns && length(output.role_arns) == 12
    error_message = "The outputs must tell the role of each function."
  }

  assert {
    condition = [output.registry_table_name, output.role_arns.tenant_authorizer, output.export_bucket_name, output.user_pool_arn] == [
      "example-t1-tenants",
      "arn:aws:iam::123456789012:role/example-t1-AuthorizerRole",
      "example-t1-exports-123456789012",
      "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345",
    ]
    error_message = "The outputs must tell the registry, the authorizer's role, the exports' bucket and the user pool."
  }
}

# What the module refuses to be given.

run "exports_expire_with_their_former_versions" {
  command = plan

  assert {
    condition     = jsonencode(module.export_bucket.kept) == jsonencode({ versioned = true, expiration = { days = 365, former_versions_days = 365 }, require_tls = true, force_destroy = false })
    error_message = "Exports and their former versions must be kept as long as the stage says, and not go with their bucket."
  }
}

run "a_disposable_stage_keeps_exports_until_it_goes" {
  command = plan

  variables {
    disposable = true
    exports    = { retention_days = 365, expire = false }
  }

  assert {
    condition     = jsonencode(module.export_bucket.kept) == jsonencode({ versioned = true, expiration = null, require_tls = true, force_destroy = true })
    error_message = "A stage with disposable data must go with its exports."
  }
}

run "a_strategy_is_one_of_two" {
  command = plan

  variables {
    vending_strategy = "session-policy"
  }

  expect_failures = [var.vending_strategy]
}
