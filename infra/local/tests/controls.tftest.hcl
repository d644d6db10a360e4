# How the modules are put together, read from the plan alone: a policy that is not known at plan time
# fails here as well ("Unknown condition value").
#
# Mocked providers have no ephemeral resources, so this is the real provider. It asks the local AWS that
# AWS_ENDPOINT_URL names for its account and for random passwords, and creates nothing.

run "the_api_opens_tenant_sessions_on_the_pooled_table" {
  command = plan

  assert {
    condition     = [for s in jsondecode(module.tenant_role.trust_policy).Statement : s.Principal] == [{ AWS = [output.lambda_role_arn, output.offboard_tenant_role_arn] }]
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
      for absent in [output.database_host, output.database_port, output.database_name, output.migrate_database_role_arn, output.rotate_secret_role_arn] :
      absent == null
    ])
    error_message = "A stage without a database must have no outputs of one."
  }
}

run "the_roles_are_those_of_the_one_table" {
  command = plan

  variables {
    vending_strategy         = "session_policy"
    database                 = { host = "127.0.0.1", port = 5432, name = "bulkhead" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] :
      jsondecode(role.trust_policy).Statement[0].Condition.StringEquals["aws:RequestTag/role"]
      == jsondecode(file("../../chalicelib/permissions.json")).rights.read
    ])
    error_message = "The roles that read in permissions.json, in its order, must be those that sessions may have."
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] : [
        for s in jsondecode(role.identity_policy).Statement : s.Condition.StringEquals["aws:PrincipalTag/role"] if can(s.Condition.StringEquals)
        ] == [
        jsondecode(file("../../chalicelib/permissions.json")).rights.write,
        jsondecode(file("../../chalicelib/permissions.json")).rights.administer,
      ]
    ])
    error_message = "Whoever writes items, and whoever reads the writer's secret, must be those of permissions.json."
  }
}

run "a_stage_of_session_tags_has_no_role_that_reaches_every_tenant" {
  command = plan

  assert {
    condition     = output.vending_strategy == "session_tags"
    error_message = "The strategy must be that of session tags unless a stage says otherwise."
  }

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
    stage            = "t1"
    vending_strategy = "session_policy"
  }

  assert {
    condition = [output.vending_strategy, output.tenant_policy_role_arn] == [
      "session_policy", "arn:aws:iam::123456789012:role/bulkhead-t1-TenantPolicyRole",
    ]
    error_message = "The outputs must tell the strategy and its role."
  }

  assert {
    condition = [for s in jsondecode(module.lambda_role.identity_policy).Statement : s.Resource if s.Effect == "Allow"] == [
      ["arn:aws:iam::123456789012:role/bulkhead-t1-TenantPolicyRole", "arn:aws:iam::123456789012:role/bulkhead-t1-TenantRole"],
    ]
    error_message = "The API's role may open sessions of both tenant roles and of no other role."
  }

  assert {
    condition     = [for s in jsondecode(module.tenant_policy_role[0].trust_policy).Statement : s.Principal] == [{ AWS = [output.lambda_role_arn] }]
    error_message = "TenantPolicyRole must trust the API's role and nobody else."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_policy_role[0].identity_policy).Statement : s.Resource == [output.table_arn] if s.Effect == "Allow"
    ])
    error_message = "TenantPolicyRole must reach the stage's own table only."
  }
}

run "names_carry_the_stage" {
  command = plan

  variables {
    stage  = "t1"
    region = "us-east-1"
  }

  assert {
    condition = [output.account_id, output.region, output.table_name, output.lambda_role_arn, output.tenant_role_arn] == [
      "123456789012",
      "us-east-1",
      "bulkhead-t1",
      "arn:aws:iam::123456789012:role/bulkhead-t1-LambdaRole",
      "arn:aws:iam::123456789012:role/bulkhead-t1-TenantRole",
    ]
    error_message = "The names of a stage's resources must carry the stage."
  }
}

run "each_role_reads_its_own_secrets_of_the_database" {
  command = plan

  variables {
    stage                    = "t1"
    vending_strategy         = "session_policy"
    database                 = { host = "127.0.0.1", port = 5432, name = "bulkhead" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  assert {
    condition = alltrue([
      for role in [module.tenant_role, module.tenant_policy_role[0]] : {
        for s in jsondecode(role.identity_policy).Statement : s.Sid => s.Resource if s.Action == ["secretsmanager:GetSecretValue"]
        } == {
        ReadReaderSecretOnly        = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_reader-??????"]
        ReadWriterSecretAsAdminOnly = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_writer-??????"]
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
      ReadMasterSecretOnly = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/master-??????"]
      RotateLoginSecretsOnly = [
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_reader-??????",
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead-t1/database/app_writer-??????",
      ]
      DrawRandomPasswords = ["*"]
    }
    error_message = "rotate_secret must read the stage's master secret, and write those of the two logins."
  }

  assert {
    condition = [output.database_host, tostring(output.database_port), output.database_name, output.migrate_database_role_arn, output.rotate_secret_role_arn] == [
      "127.0.0.1",
      "5432",
      "bulkhead",
      "arn:aws:iam::123456789012:role/bulkhead-t1-MigrateDatabaseRole",
      "arn:aws:iam::123456789012:role/bulkhead-t1-RotateSecretRole",
    ]
    error_message = "The outputs must tell where the database is, and which roles its functions have."
  }
}
