# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }

  api = {
    name                  = "bulkhead"
    stage_name            = "v1"
    access_log_group_name = "/aws/apigateway/bulkhead"
  }
  functions = {
    api_handler   = { name = "bulkhead-api_handler", log_group_name = "/aws/lambda/bulkhead-api_handler", alarm_on_errors = true }
    authorizer    = { name = "bulkhead-authorizer", log_group_name = "/aws/lambda/bulkhead-authorizer", alarm_on_errors = true }
    rotate_secret = { name = "bulkhead-rotate_secret", log_group_name = "/aws/lambda/bulkhead-rotate_secret", alarm_on_errors = true, asynchronous = true }
    set_role      = { name = "bulkhead-set_role", log_group_name = "/aws/lambda/bulkhead-set_role" }
  }
  denied_access_functions = ["api_handler"]
  tables                  = { pooled = "bulkhead", registry = "bulkhead-tenants" }
  database = {
    identifier      = "bulkhead"
    storage_gb      = 20
    max_connections = 200
  }
}

run "an_address_is_checked" {
  command = plan

  variables {
    email = "nobody"
  }

  expect_failures = [var.email]
}

run "a_log_of_no_function_is_refused" {
  command = plan

  variables {
    denied_access_functions = ["offboard_tenant"]
  }

  expect_failures = [var.denied_access_functions]
}

run "refused_sessions_are_watched" {
  command = plan

  variables {
    denied_access_functions = []
  }

  expect_failures = [var.denied_access_functions]
}

run "a_database_of_no_size_is_refused" {
  command = plan

  variables {
    database = { identifier = "bulkhead", storage_gb = 0, max_connections = 0 }
  }

  expect_failures = [var.database]
}

run "thresholds_that_nothing_passes_are_refused" {
  command = plan

  variables {
    thresholds = { api_error_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_sns_topic.this
    values = { arn = "arn:aws:sns:eu-central-1:210987654321:bulkhead-alarms" }
  }

  expect_failures = [aws_sns_topic.this]
}
