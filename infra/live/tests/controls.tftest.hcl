# How a stage on AWS is put together, read from the plan alone. As in infra/local, the provider is the real one: it asks the
# local AWS that AWS_ENDPOINT_URL names for its account and for random passwords, and creates nothing.

variables {
  stage       = "t1"
  region      = "eu-central-1"
  package_dir = "tests/package"

  network = {
    cidr  = "10.20.0.0/20"
    zones = ["eu-central-1a", "eu-central-1b"]
  }
  database_instance        = { class = "db.t4g.micro" }
  database_max_connections = 80
  api_concurrency          = 10
  web                      = {}
  alarms                   = {}
}

run "a_stage_on_aws" {
  command = plan

  # Names carry the product and the stage.
  assert {
    condition     = local.placement.name == "${module.product.name}-t1" && local.tags == { Project = module.product.name, Stage = "t1" }
    error_message = "What names begin with must be the product's name and the stage's, and so must the tags say."
  }

  assert {
    condition = [output.account_id, output.region, output.table_name, output.registry_table_name, output.export_bucket_name] == [
      "123456789012", "eu-central-1", local.placement.name, "${local.placement.name}-tenants", "${local.placement.name}-exports-123456789012",
    ]
    error_message = "The names of a stage's resources must carry the stage."
  }

  assert {
    condition     = alltrue([for function, name in output.function_names : name == "${local.placement.name}-${function}"])
    error_message = "The functions must be named after the stage and after what the package calls them."
  }

  # Each function runs with its own role.
  assert {
    condition     = keys(module.core.role_arns) == keys(local.package.functions) && length(distinct(values(module.core.role_arns))) == length(module.core.role_arns)
    error_message = "Every function of the package must have a role, and no two the same."
  }

  assert {
    condition = alltrue([
      for function, name in output.function_names :
      strcontains(module.function_rights[function].policy_json, ":log-group:/aws/lambda/${name}:*")
    ])
    error_message = "Each role must write the log of its own function."
  }

  # The functions' package is named by its content.
  assert {
    condition = (
      replace(replace(aws_s3_object.package.key, "-", "+"), "_", "/") == "${trimsuffix(filebase64sha256("tests/package/deployment.zip"), "=")}.zip"
      && aws_s3_object.package.bucket == "${local.placement.name}-package-123456789012"
      && aws_s3_object.package.source_hash == filebase64sha256("tests/package/deployment.zip")
      && can(regex("^[A-Za-z0-9_-]{43}[.]zip$", aws_s3_object.package.key))
    )
    error_message = "Another package must have another name, known at plan time, without '/' and '+'."
  }

  assert {
    condition     = jsonencode(module.package_bucket.kept) == jsonencode({ versioned = false, expiration = null, require_tls = true, force_destroy = true })
    error_message = "The package can be made again, so that its bucket keeps no versions; it demands TLS."
  }

  # Only what reaches the database is in the network.
  assert {
    condition     = toset(keys(local.vpcs)) == toset(["api_handler", "migrate_database", "rotate_secret", "onboard_tenant", "offboard_tenant"])
    error_message = "The authorizer needs the user pool's keys, which are on the internet, and the others no database."
  }

  assert {
    condition = alltrue([
      for function in keys(local.function_names) :
      strcontains(module.function_rights[function].policy_json, "ec2:CreateNetworkInterface") == contains(keys(local.vpcs), function)
    ])
    error_message = "Network interfaces are for the functions in the network only."
  }

  # No function outlives what waits for it.
  assert {
    condition = local.timeouts == {
      api_handler       = 29
      tenant_authorizer = 10
      migrate_database  = 300
      offboard_tenant   = 900
      tag_id_token      = 5
    }
    error_message = "API Gateway waits 29 s, Cognito 5 s, and Lambda 15 minutes."
  }

  # The functions know names and no secrets.
  assert {
    condition     = keys(local.environments) == keys(local.package.functions)
    error_message = "Every function of the package must have its settings."
  }

  assert {
    condition     = local.api_environment.DATABASE_SSLMODE == "verify-full" && local.tenants_environment.DATABASE_SSLMODE == "verify-full"
    error_message = "A database on AWS is reached by TLS, whose certificate is verified."
  }

  assert {
    condition     = alltrue([for settings in [local.api_environment, local.tenants_environment] : !contains(keys(settings), "MASTER_SECRET_ARN")])
    error_message = "Only the functions of the database may know where the master's login is."
  }

  # The trigger knows nothing of the stage, and who fetches the keys no secret.
  assert {
    condition     = keys(local.environments.tag_id_token) == ["SESSION_PER"] && keys(local.environments.refresh_signing_keys) == ["JWKS_URL", "SIGNING_KEYS_TABLE_NAME", "TOKEN_ISSUER"]
    error_message = "The functions for tokens must be told what they need, and nothing else."
  }

  assert {
    condition = (
      [aws_lambda_permission.tag_id_token.principal, aws_lambda_permission.tag_id_token.source_account] == ["cognito-idp.amazonaws.com", "123456789012"]
      && aws_lambda_permission.tag_id_token.function_name == "${local.placement.name}-tag_id_token"
    )
    error_message = "Cognito of this account alone may call the trigger."
  }

  assert {
    condition = [
      aws_lambda_permission.refresh_signing_keys.principal, aws_lambda_permission.refresh_signing_keys.source_arn, aws_lambda_permission.refresh_signing_keys.source_account,
    ] == ["events.amazonaws.com", "arn:aws:events:eu-central-1:123456789012:rule/${local.placement.name}-refresh-signing-keys", "123456789012"]
    error_message = "EventBridge alone may call the refresh of the keys, and for its own rule."
  }

  assert {
    condition     = aws_cloudwatch_event_rule.refresh_signing_keys.schedule_expression == "rate(1 hour)" && aws_cloudwatch_event_target.refresh_signing_keys.rule == aws_cloudwatch_event_rule.refresh_signing_keys.name
    error_message = "The keys must be fetched every hour."
  }

  # Connections suffice.
  assert {
    condition     = toset(keys(local.concurrency)) == toset(keys(local.vpcs))
    error_message = "Whatever reaches the database must be limited."
  }

  # A stage for tenants is protected.
  assert {
    condition     = !var.disposable && var.access_logs && var.tracing && var.require_tls && output.enforces_leading_keys && var.secret_rotation_days == 30
    error_message = "What protects a stage must be on unless the stage says otherwise."
  }

  assert {
    condition     = length(aws_secretsmanager_secret_rotation.this) == 2 && alltrue([for each in aws_secretsmanager_secret_rotation.this : each.rotate_immediately == false])
    error_message = "Both logins' passwords must be changed from time to time, and not before migrate_database has made the logins."
  }

  assert {
    condition     = alltrue([for permission in aws_lambda_permission.rotation : permission.principal == "secretsmanager.amazonaws.com" && permission.source_account == "123456789012"])
    error_message = "Secrets Manager of this account alone may call rotate_secret."
  }

  # The user's token says which tenant, and no code.
  assert {
    condition = output.vending_strategy == "web_identity" && output.session_per == "tenant" && output.tenant_policy_role_arn == null && (
      [local.api_environment.VENDING_STRATEGY, local.api_environment.SESSION_PER] == ["web_identity", "tenant"]
    )
    error_message = "The strategy must be that of tokens unless the stage says otherwise, and a session a tenant's."
  }

  assert {
    condition = [local.api_environment.TENANT_ROLE_ARN, local.tenants_environment.TENANT_MAINTENANCE_ROLE_ARN] == [
      "arn:aws:iam::123456789012:role/${local.placement.name}-TenantRole", "arn:aws:iam::123456789012:role/${local.placement.name}-TenantMaintenanceRole",
    ]
    error_message = "The API must be told the role that tokens open, and offboarding that of maintenance."
  }
}

run "a_stage_with_a_longer_cache_and_a_key" {
  command = plan

  variables {
    authorizer_cache_seconds = 61
    kms_key_arn              = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d"
  }

  assert {
    condition = alltrue([
      for policy in [for rights in module.function_rights : rights.policy_json] :
      alltrue([for s in jsondecode(policy).Statement : can(s.Condition.StringEquals["kms:ViaService"]) if strcontains(jsonencode(s.Action), "kms:")]) && strcontains(policy, "kms:Decrypt")
    ])
    error_message = "With a key of the stage, each function must be able to use it, and only through Lambda."
  }

  # One variable bounds how long a suspended tenant is served.
  assert {
    condition     = local.gateway_cache_seconds == 30 && local.api_environment.AUTHORIZER_CACHE_SECONDS == "61"
    error_message = "API Gateway must keep the authorizer's answer for half of the time, since its code keeps the tenant's status for the other half."
  }

  assert {
    condition     = local.tenants_environment.ERASE_AFTER_SECONDS == "121"
    error_message = "Data is erased only when no request of the tenant can still run: after the cache's time, and a minute."
  }

}

run "a_stage_of_session_policies_has_the_role_that_they_narrow" {
  command = plan

  variables {
    vending_strategy = "session_policy"
  }

  assert {
    condition     = local.api_environment.TENANT_ROLE_ARN == "arn:aws:iam::123456789012:role/${local.placement.name}-TenantPolicyRole"
    error_message = "The API must be told the role whose sessions it narrows."
  }
}

run "each_user_has_a_session" {
  command = plan

  variables {
    session_per = "user"
  }

  assert {
    condition     = [local.environments.tag_id_token.SESSION_PER, local.api_environment.SESSION_PER, output.session_per] == ["user", "user", "user"]
    error_message = "The trigger and the API must be told the same."
  }
}

run "a_rehearsal_is_told_where_the_emulator_is" {
  command = plan

  variables {
    aws_endpoint_url         = "http://127.0.0.1:4566"
    vending_strategy         = "session_tags"
    network                  = null
    database_instance        = null
    database_server          = { host = "127.0.0.1", port = 5432, name = "app", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
    web                      = null
    cors_origin              = "http://127.0.0.1:8080"
    alarms                   = null
    enforces_leading_keys    = false
  }

  assert {
    condition     = local.api_environment.DATABASE_SSLMODE == "disable" && local.api_environment.CORS_ORIGIN == "http://127.0.0.1:8080"
    error_message = "The functions must be told what the stage's file says."
  }

  assert {
    condition     = !output.enforces_leading_keys && length(local.vpcs) == 0 && output.alarm_topic_arn == null && output.web_bucket_name == null
    error_message = "What a stage leaves out must be left out."
  }
}

# What the root refuses to be given.

run "names_and_ids_are_checked" {
  command = plan

  variables {
    stage            = "Live stage"
    region           = "Frankfurt"
    account_id       = "1234"
    tags             = { Stage = "other" }
    kms_key_arn      = "alias/example"
    aws_endpoint_url = "https://aws.example.com"
    package_dir      = ""
  }

  expect_failures = [
    var.stage, var.region, var.account_id, var.tags, var.kms_key_arn, var.aws_endpoint_url, var.package_dir,
  ]
}

run "a_key_is_unknown_to_session_policies" {
  command = plan

  variables {
    vending_strategy = "session_policy"
    kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d"
  }

  expect_failures = [var.kms_key_arn]
}

run "more_connections_than_the_server_takes_are_refused" {
  command = plan

  variables {
    api_concurrency = 16
  }

  expect_failures = [var.database_max_connections]
}

run "a_larger_pool_counts" {
  command = plan

  variables {
    database_pool_size = 2
  }

  expect_failures = [var.database_max_connections]
}

run "numbers_are_checked" {
  command = plan

  variables {
    authorizer_cache_seconds = 3601
    database_pool_size       = 0
    master_password_version  = 0
    login_version            = 1.5
    secret_rotation_days     = 0
    api_concurrency          = 0
    cached_tenants           = 0
    log_retention_days       = 100
    memory_mb                = { api = 128 }
    throttling               = { rate = 0, burst = 1 }
  }

  expect_failures = [
    var.authorizer_cache_seconds, var.database_pool_size, var.master_password_version, var.login_version, var.secret_rotation_days,
    var.api_concurrency, var.cached_tenants, var.log_retention_days, var.memory_mb, var.throttling,
  ]
}

run "one_zone_is_not_enough" {
  command = plan

  variables {
    network = { cidr = "ten", zones = ["eu-central-1a", "eu-central-1a"] }
  }

  expect_failures = [var.network]
}

run "an_instance_needs_a_network" {
  command = plan

  variables {
    vending_strategy = "session_tags"
    network          = null
  }

  expect_failures = [var.database_instance]
}

run "tokens_need_a_network" {
  command = plan

  variables {
    network                  = null
    database_instance        = null
    database_server          = { host = "127.0.0.1", port = 5432, name = "app", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.vending_strategy]
}

run "a_stage_has_one_database" {
  command = plan

  variables {
    database_server          = { host = "127.0.0.1", port = 5432, name = "app", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_instance]
}

run "a_server_needs_its_master" {
  command = plan

  variables {
    database_instance = null
    database_server   = { host = "db.example.com", port = 5432, name = "app" }
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_server_elsewhere_needs_tls" {
  command = plan

  variables {
    database_instance        = null
    database_server          = { host = "db.example.com", port = 5432, name = "app", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_server]
}

run "the_page_is_in_one_place" {
  command = plan

  variables {
    cors_origin = "https://app.example.com"
  }

  expect_failures = [var.web]
}

run "any_origin_is_none" {
  command = plan

  variables {
    web         = null
    cors_origin = "*"
  }

  expect_failures = [var.cors_origin]
}

run "what_an_emulator_lacks_is_on_on_aws" {
  command = plan

  variables {
    require_tls           = false
    enforces_leading_keys = false
    exports               = { expire = false }
  }

  expect_failures = [var.require_tls, var.enforces_leading_keys, var.exports]
}
