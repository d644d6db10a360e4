# What a local stage is told and tells, read from the plan alone; how it is put together, modules/core tests.
#
# Mocked providers have no ephemeral resources, so this is the real provider. It asks the local AWS that
# AWS_ENDPOINT_URL names for its account and for random passwords, and creates nothing.

variables {
  vpc_endpoint_id = "vpce-0123456789abcdef0"
}

run "a_stage_has_no_database_and_sessions_by_token_unless_it_says_otherwise" {
  command = plan

  assert {
    condition     = output.vending_strategy == "web_identity" && output.session_per == "tenant" && output.tenant_policy_role_arn == null
    error_message = "The strategy must be that of tokens unless a stage says otherwise, and a session a tenant's."
  }

  assert {
    condition = alltrue([
      for absent in [output.database_host, output.database_port, output.database_name, output.migrate_database_role_arn, output.rotate_secret_role_arn] :
      absent == null
    ])
    error_message = "A stage without a database must have no outputs of one."
  }

  assert {
    condition     = output.authorizer_cache_seconds == 60 && output.export_retention_days == 30
    error_message = "A suspended tenant is locked out within a minute, and exports are kept for 30 days, unless a stage says otherwise."
  }
}

run "names_carry_the_stage" {
  command = plan

  variables {
    stage                    = "t1"
    region                   = "us-east-1"
    vending_strategy         = "session_policy"
    authorizer_cache_seconds = 4
  }

  assert {
    condition = [
      output.account_id, output.region, output.vending_strategy, tostring(output.authorizer_cache_seconds),
      output.table_name, output.table_arn, output.registry_table_name, output.registry_table_arn, output.export_bucket_name,
      output.lambda_role_arn, output.authorizer_role_arn, output.tenant_role_arn, output.tenant_policy_role_arn,
      output.tenant_maintenance_role_arn, output.tag_id_token_role_arn, output.refresh_signing_keys_role_arn, output.signing_keys_table_name,
      ] == [
      "123456789012", "us-east-1", "session_policy", "4",
      "${module.product.name}-t1", "arn:aws:dynamodb:us-east-1:123456789012:table/${local.placement.name}", "${local.placement.name}-tenants", "arn:aws:dynamodb:us-east-1:123456789012:table/${local.placement.name}-tenants", "${local.placement.name}-exports-123456789012",
      "arn:aws:iam::123456789012:role/${local.placement.name}-LambdaRole", "arn:aws:iam::123456789012:role/${local.placement.name}-AuthorizerRole", "arn:aws:iam::123456789012:role/${local.placement.name}-TenantPolicyRole", "arn:aws:iam::123456789012:role/${local.placement.name}-TenantPolicyRole",
      "arn:aws:iam::123456789012:role/${local.placement.name}-TenantMaintenanceRole", "arn:aws:iam::123456789012:role/${local.placement.name}-TagIdTokenRole", "arn:aws:iam::123456789012:role/${local.placement.name}-RefreshSigningKeysRole", "${local.placement.name}-signing-keys",
    ]
    error_message = "The names of a stage's resources must carry the stage, and the outputs must tell what it says."
  }

  assert {
    condition = {
      onboard_tenant  = output.onboard_tenant_role_arn
      suspend_tenant  = output.suspend_tenant_role_arn
      resume_tenant   = output.resume_tenant_role_arn
      offboard_tenant = output.offboard_tenant_role_arn
      list_tenants    = output.list_tenants_role_arn
      invite_user     = output.invite_user_role_arn
      remove_user     = output.remove_user_role_arn
      set_role        = output.set_role_role_arn
    } == { for function, arn in module.core.role_arns : function => arn if !contains(["api_handler", "tenant_authorizer", "tag_id_token", "refresh_signing_keys", "migrate_database", "rotate_secret"], function) }
    error_message = "The outputs must tell the role of each function."
  }
}

run "a_stage_tells_its_database" {
  command = plan

  variables {
    stage                    = "t1"
    database                 = { host = "127.0.0.1", port = 5432, name = "app" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  assert {
    condition = [output.database_host, tostring(output.database_port), output.database_name, output.migrate_database_role_arn, output.rotate_secret_role_arn] == [
      "127.0.0.1",
      "5432",
      "app",
      "arn:aws:iam::123456789012:role/${local.placement.name}-MigrateDatabaseRole",
      "arn:aws:iam::123456789012:role/${local.placement.name}-RotateSecretRole",
    ]
    error_message = "The outputs must tell where the database is, and which roles its functions have."
  }
}

# What the root refuses to be given.

run "names_and_ids_are_checked" {
  command = plan

  variables {
    stage           = "Local stage"
    region          = "Frankfurt"
    account_id      = "1234"
    vpc_endpoint_id = "http://127.0.0.1:4567"
  }

  expect_failures = [var.stage, var.region, var.account_id, var.vpc_endpoint_id]
}

run "a_stage_name_has_single_dashes" {
  command = plan

  variables {
    stage = "a--b"
  }

  expect_failures = [var.stage]
}

run "a_url_is_no_host" {
  command = plan

  variables {
    database                 = { host = "postgresql://127.0.0.1", port = 5432, name = "app" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database]
}

run "a_database_needs_its_master" {
  command = plan

  variables {
    database = { host = "127.0.0.1", port = 5432, name = "app" }
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_master_needs_its_database" {
  command = plan

  variables {
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_cache_of_hours_is_refused" {
  command = plan

  variables {
    authorizer_cache_seconds = 3601
  }

  expect_failures = [var.authorizer_cache_seconds]
}

run "a_cache_has_two_halves" {
  command = plan

  variables {
    authorizer_cache_seconds = 1
  }

  expect_failures = [var.authorizer_cache_seconds]
}

run "a_cache_has_whole_seconds" {
  command = plan

  variables {
    authorizer_cache_seconds = 2.5
  }

  expect_failures = [var.authorizer_cache_seconds]
}
