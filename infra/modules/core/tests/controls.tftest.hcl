# How the modules are put together, read from the plan alone: a policy that is not known at plan time fails here as well
# ("Unknown condition value").

mock_provider "aws" {
  # What AWS draws, and policies name.
  override_resource {
    target          = module.identity.aws_cognito_user_pool.this
    override_during = plan
    values = {
      id       = "eu-central-1_Pool12345"
      arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      endpoint = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
    }
  }

  override_resource {
    target          = module.identity.aws_cognito_user_pool_client.this
    override_during = plan
    values          = { id = "client12345" }
  }

  override_resource {
    target          = module.identity.aws_iam_openid_connect_provider.this
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:oidc-provider/cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345" }
  }
}

variables {
  placement        = { name = "example-t1", region = "eu-central-1", account_id = "123456789012" }
  disposable       = false
  vending_strategy = "web_identity"
  session_per      = "tenant"
  endpoints        = { sts_ids = ["vpce-0123456789abcdef0"], data_ids = ["vpce-0123456789abcdef1", "vpce-0123456789abcdef2"] }
  exports          = { retention_days = 365, expire = true }

  database_secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????"
  }
}

run "a_token_alone_opens_a_session_on_the_pooled_table" {
  command = plan

  variables {
    database_secrets = null
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_role[0].trust_policy).Statement :
      s.Principal == { Federated = output.oidc_provider_arn }
      && s.Condition.StringEquals["cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345:aud"] == "client12345"
      && try(s.Condition.StringEquals["aws:SourceVpce"], null) == ["vpce-0123456789abcdef0"]
    ])
    error_message = "TenantRole must trust tokens of the stage's client that come through its endpoint of STS, and no AWS principal."
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_role[0].trust_policy).Statement : s.Action] == ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    error_message = "A session that users share must name none of them."
  }

  assert {
    condition = [for s in jsondecode(local.function_policies.api_handler).Statement : s] == [
      {
        Sid       = "ReadSigningKeysOnly"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem"]
        Resource  = [output.signing_keys_table_arn]
        Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ]
    error_message = "The API's role must read the keys that sign tokens, and may open no session."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_role[0].identity_policy).Statement :
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

run "a_session_of_each_user_names_the_user" {
  command = plan

  variables {
    session_per = "user"
  }

  assert {
    condition     = contains([for s in jsondecode(module.tenant_role[0].trust_policy).Statement : s.Action], "sts:SetSourceIdentity")
    error_message = "Where each user has a session, the token must name the user."
  }
}

run "what_has_no_token_is_offboarding_alone" {
  command = plan

  assert {
    condition     = [for s in jsondecode(module.tenant_maintenance_role.trust_policy).Statement : s.Principal] == [{ AWS = [output.role_arns.offboard_tenant] }]
    error_message = "TenantMaintenanceRole must trust offboarding's role and nobody else."
  }

  assert {
    condition = (
      jsondecode(module.tenant_maintenance_role.trust_policy).Statement[0].Condition.StringEquals
      == { "aws:RequestTag/role" = jsondecode(file("../../../chalicelib/permissions.json")).rights.administer }
    )
    error_message = "Maintenance must be sessions of those who administer only."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_maintenance_role.identity_policy).Statement :
      s.Condition["ForAllValues:StringLike"] == { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] }
      if s.Effect == "Allow" && anytrue([for action in s.Action : startswith(action, "dynamodb:")])
    ])
    error_message = "A session of maintenance must reach the one tenant of its tag."
  }

  assert {
    condition     = output.tenant_maintenance_role_arn == "arn:aws:iam::123456789012:role/example-t1-TenantMaintenanceRole"
    error_message = "The output must tell the role of maintenance."
  }
}

run "sessions_reach_data_through_the_stages_endpoints_only" {
  command = plan

  assert {
    condition = alltrue([
      for role in [module.tenant_role[0], module.tenant_maintenance_role] : [
        for s in jsondecode(role.identity_policy).Statement : s.Condition.StringNotEquals["aws:SourceVpce"] if s.Sid == "NeverThroughOtherEndpoints"
      ] == [["vpce-0123456789abcdef1", "vpce-0123456789abcdef2"]]
    ])
    error_message = "Both roles' sessions must be denied data by other ways than the stage's endpoints of data."
  }
}

run "the_roles_are_those_of_the_one_table" {
  command = plan

  assert {
    condition = (
      jsondecode(module.tenant_role[0].trust_policy).Statement[0].Condition.StringEquals["aws:RequestTag/role"]
      == jsondecode(file("../../../chalicelib/permissions.json")).rights.read
    )
    error_message = "The roles that read in permissions.json, in its order, must be those that sessions may have."
  }

  assert {
    condition = [
      for s in jsondecode(module.tenant_role[0].identity_policy).Statement : s.Condition.StringEquals["aws:PrincipalTag/role"] if can(s.Condition.StringEquals)
      ] == [
      jsondecode(file("../../../chalicelib/permissions.json")).rights.write,
      jsondecode(file("../../../chalicelib/permissions.json")).rights.administer,
    ]
    error_message = "Whoever writes items, and whoever reads the writer's secret, must be those of permissions.json."
  }
}

run "under_session_tags_the_api_opens_sessions_of_the_tenant_role" {
  command = plan

  variables {
    vending_strategy = "session_tags"
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_role[0].trust_policy).Statement : s.Principal] == [{ AWS = [output.role_arns.api_handler] }]
    error_message = "TenantRole must trust the API's role and nobody else."
  }

  assert {
    condition = try(one([for s in jsondecode(local.function_policies.api_handler).Statement : s if contains(s.Action, "sts:AssumeRole")]), null) == {
      Sid      = "OpenTenantSessionsOnly"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole", "sts:TagSession"]
      Resource = ["arn:aws:iam::123456789012:role/example-t1-TenantRole"]
    }
    error_message = "The API's role may open sessions of TenantRole and of no other role."
  }

  assert {
    condition     = output.tenant_policy_role_arn == null && length(module.tenant_policy_role) == 0
    error_message = "Only a stage of session policies may have a TenantPolicyRole."
  }
}

run "the_pooled_table_is_told" {
  command = plan

  assert {
    condition     = output.table_arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/${output.table_name}" && length(module.tenant_policy_role) == 0
    error_message = "The output must be the ARN of the stage's table."
  }

  assert {
    condition     = output.signing_keys_table_arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/${output.signing_keys_table_name}" && output.signing_keys_table_name == "example-t1-signing-keys"
    error_message = "The outputs must tell the table of the keys that sign tokens."
  }
}

run "a_stage_of_session_policies_has_the_role_that_they_narrow" {
  command = plan

  variables {
    database_secrets = null
    vending_strategy = "session_policy"
  }

  assert {
    condition     = output.tenant_policy_role_arn == "arn:aws:iam::123456789012:role/example-t1-TenantPolicyRole" && output.tenant_role_arn == output.tenant_policy_role_arn && length(module.tenant_role) == 0
    error_message = "The outputs must tell the strategy's role, and there must be no other."
  }

  assert {
    condition     = [for s in jsondecode(local.function_policies.api_handler).Statement : s.Resource if contains(s.Action, "sts:AssumeRole")] == [[output.tenant_policy_role_arn]]
    error_message = "The API's role may open sessions of TenantPolicyRole and of no other role."
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_policy_role[0].trust_policy).Statement : s.Principal] == [{ AWS = [output.role_arns.api_handler] }]
    error_message = "TenantPolicyRole must trust the API's role and nobody else."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_policy_role[0].identity_policy).Statement : s.Resource == [output.table_arn] if s.Effect == "Allow"
    ]) && strcontains(module.tenant_policy_role[0].identity_policy, "ReadByLeadingKeyOnly")
    error_message = "TenantPolicyRole must reach the stage's own table only."
  }

  assert {
    condition = (
      jsondecode(module.tenant_policy_role[0].trust_policy).Statement[0].Condition.StringEquals["aws:RequestTag/role"]
      == jsondecode(file("../../../chalicelib/permissions.json")).rights.read
    )
    error_message = "The roles that read in permissions.json must be those that sessions under a session policy may have."
  }
}

run "users_of_a_stage_without_a_network_hold_credentials" {
  command = plan

  variables {
    endpoints = null
  }

  assert {
    condition     = !strcontains(module.tenant_role[0].trust_policy, "SourceVpce") && !strcontains(module.tenant_role[0].identity_policy, "SourceVpce")
    error_message = "Without a network there is no endpoint to name."
  }

  expect_failures = [check.users_hold_no_credentials_of_their_tenant]
}

run "what_handles_tokens_reaches_no_data" {
  command = plan

  assert {
    condition = {
      for function in ["tag_id_token", "refresh_signing_keys"] : function => [
        for s in jsondecode(local.function_policies[function]).Statement : "${s.Effect} ${join(" ", s.Action)} ${join(" ", s.Resource)} ${jsonencode(try(s.Condition, null))}"
      ]
      } == {
      tag_id_token = ["Deny dynamodb:Scan dynamodb:PartiQL* * null"]
      refresh_signing_keys = [
        "Allow dynamodb:PutItem arn:aws:dynamodb:eu-central-1:123456789012:table/example-t1-signing-keys {\"Null\":{\"dynamodb:LeadingKeys\":\"false\"}}",
        "Deny dynamodb:Scan dynamodb:PartiQL* * null",
      ]
    }
    error_message = "The trigger must be allowed nothing, and the refresh to write the keys that sign tokens."
  }

  assert {
    condition     = module.function_roles.policies == local.function_policies
    error_message = "The policies must be those that the roles have."
  }

  assert {
    condition = module.function_roles.arns == {
      for function, role in { api_handler = "Lambda", tenant_authorizer = "Authorizer", tag_id_token = "TagIdToken", refresh_signing_keys = "RefreshSigningKeys" } :
      function => "arn:aws:iam::123456789012:role/example-t1-${role}Role"
    }
    error_message = "Each function must have the role that is called after it."
  }
}

run "each_role_reads_its_own_secrets_of_the_database" {
  command = plan

  assert {
    condition = alltrue([
      for role in [module.tenant_role[0], module.tenant_maintenance_role] : {
        for s in jsondecode(role.identity_policy).Statement : s.Sid => s.Resource if s.Action == ["secretsmanager:GetSecretValue"]
        } == {
        ReadReaderSecretOnly        = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_reader-??????"]
        ReadWriterSecretAsAdminOnly = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example-t1/database/app_writer-??????"]
      }
    ])
    error_message = "The tenant roles must read the stage's own reader secret, and its writer secret, and not the master's."
  }

  assert {
    condition     = !strcontains(local.function_policies.api_handler, "secretsmanager")
    error_message = "The API's role must read no secret by itself."
  }

  assert {
    condition = {
      for s in jsondecode(module.database_functions[0].identity_policies.rotate_secret).Statement : s.Sid => s.Resource if s.Effect == "Allow"
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
      for policy in [module.tenant_role[0].identity_policy, local.function_policies.api_handler, local.function_policies.refresh_signing_keys, local.function_policies.tenant_authorizer] :
      alltrue([for s in jsondecode(policy).Statement : can(s.Condition.StringEquals["kms:ViaService"]) if strcontains(jsonencode(s.Action), "kms:")]) && strcontains(policy, "kms:Decrypt")
    ])
    error_message = "With a key of the stage, each role must be able to use it, and only through the services."
  }
}

run "each_function_has_the_rights_that_it_needs_to_run" {
  command = plan

  variables {
    runtime_policies = {
      for function in ["api_handler", "tenant_authorizer", "tag_id_token", "refresh_signing_keys", "migrate_database", "rotate_secret", "onboard_tenant", "set_role"] :
      function => jsonencode({ Version = "2012-10-17", Statement = [{ Sid = function, Effect = "Allow", Action = ["logs:PutLogEvents"], Resource = ["*"] }] })
    }
  }

  assert {
    condition     = length(distinct(values(output.role_arns))) == length(keys(module.control_plane.role_arns)) + 6
    error_message = "Every function must have a role of its own, and take what it needs to run."
  }
}

# How what comes before and after a tenant's session is put together: registry, authorizer, control plane, exports.

run "neither_the_api_nor_a_tenant_reaches_the_registry" {
  command = plan

  assert {
    condition     = output.registry_table_arn != output.table_arn && !strcontains(output.registry_table_arn, "*")
    error_message = "The tenants must be in a table of their own."
  }

  assert {
    condition = alltrue(flatten([
      for role in [module.tenant_role[0], module.tenant_maintenance_role] : [
        for s in jsondecode(role.identity_policy).Statement :
        alltrue([for action in s.Action : startswith(action, "dynamodb:")]) ? s.Resource == [output.table_arn] : s.Action == ["secretsmanager:GetSecretValue"]
        if s.Effect == "Allow"
      ]
    ]))
    error_message = "A tenant's session must reach the pooled table and no other."
  }

  assert {
    condition = alltrue([
      for policy in [local.function_policies.api_handler, module.tenant_role[0].identity_policy, module.tenant_maintenance_role.identity_policy] :
      !strcontains(policy, output.registry_table_name) && !strcontains(policy, "NotAction") && !strcontains(policy, "NotResource")
    ])
    error_message = "The policies of the API and of tenants must not name the registry, nor everything but something else."
  }

  assert {
    condition = [for s in jsondecode(local.function_policies.tenant_authorizer).Statement : s] == [
      {
        Sid       = "ReadOneTenantOnly"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem"]
        Resource  = [output.registry_table_arn]
        Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ]
    error_message = "The authorizer must read one item of the stage's registry by its key, and nothing else."
  }
}

run "the_control_plane_acts_on_its_own_stage" {
  command = plan

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
      OpenTenantSessionsAsAdminOnly = "arn:aws:iam::123456789012:role/example-t1-TenantMaintenanceRole"
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
    condition     = { for function, arn in output.role_arns : function => arn if contains(keys(module.control_plane.role_arns), function) } == module.control_plane.role_arns && length(output.role_arns) == 14
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

run "a_strategy_is_one_of_three" {
  command = plan

  variables {
    vending_strategy = "session-policy"
  }

  expect_failures = [var.vending_strategy]
}

run "a_session_is_per_tenant_or_user" {
  command = plan

  variables {
    session_per = "request"
  }

  expect_failures = [var.session_per]
}

run "sessions_of_roles_are_no_users" {
  command = plan

  variables {
    vending_strategy = "session_tags"
    session_per      = "user"
  }

  expect_failures = [var.session_per]
}
