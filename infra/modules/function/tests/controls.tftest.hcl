# How a function is made and what is kept of it, read from the plan alone.

mock_provider "aws" {}

variables {
  placement          = { name = "example-prod", region = "eu-central-1", account_id = "123456789012" }
  function           = "api_handler"
  description        = "Answers every route."
  handler            = "app.app"
  runtime            = "python3.13"
  architecture       = "x86_64"
  package_path       = "build/deployment.zip"
  package_sha256     = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  role_arn           = "arn:aws:iam::123456789012:role/LambdaRole"
  memory_mb          = 512
  timeout_seconds    = 28
  log_retention_days = 90
}

run "the_log_is_kept_for_a_time_and_unfiltered" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.name == "/aws/lambda/example-prod-api_handler" && aws_cloudwatch_log_group.this.retention_in_days == 90
    error_message = "The log group must have the name that the role names, and end its lines' lives."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config[*].log_group) == aws_cloudwatch_log_group.this.name
    error_message = "The function must log to that group."
  }

  assert {
    condition     = one(aws_lambda_function.this.logging_config[*].log_format) == "Text" && one(aws_lambda_function.this.logging_config[*].application_log_level) == null
    error_message = "No level may be filtered: the audit's lines have one."
  }
}

run "the_function_is_that_of_the_package" {
  command = plan

  assert {
    condition = (
      aws_lambda_function.this.handler == "app.app"
      && aws_lambda_function.this.runtime == "python3.13"
      && aws_lambda_function.this.architectures == tolist(["x86_64"])
      && aws_lambda_function.this.source_code_hash == var.package_sha256
      && aws_lambda_function.this.role == var.role_arn
    )
    error_message = "Handler, runtime, processor, code and role must be those that were given."
  }

  assert {
    condition = {
      arn            = output.arn
      invoke_arn     = output.invoke_arn
      log_group_name = output.log_group_name
      log_group_arn  = output.log_group_arn
      } == {
      arn            = "arn:aws:lambda:eu-central-1:123456789012:function:example-prod-api_handler"
      invoke_arn     = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:example-prod-api_handler/invocations"
      log_group_name = "/aws/lambda/example-prod-api_handler"
      log_group_arn  = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/example-prod-api_handler"
    }
    error_message = "The names and ARNs must be known at plan time."
  }
}

run "what_is_not_asked_for_is_left_out" {
  command = plan

  assert {
    condition     = length(aws_lambda_function.this.vpc_config) == 0 && length(aws_lambda_function.this.environment) == 0
    error_message = "Without a VPC and settings there must be neither."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == -1 && one(aws_lambda_function.this.tracing_config[*].mode) == "PassThrough"
    error_message = "Without a reserve the account's is used, and nothing is traced that the caller does not trace."
  }

  assert {
    condition     = length(aws_lambda_function_event_invoke_config.this) == 0
    error_message = "Who waits for the answer learns of a failure."
  }
}

run "what_is_asked_for_is_there" {
  command = plan

  variables {
    environment          = { CORS_ORIGIN = "https://app.example.com" }
    vpc                  = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
    tracing              = true
    reserved_concurrency = 10
    placement            = { name = "example-prod", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/6c6c0b8e-0000-4000-8000-000000000000" }
    on_failure           = { destination_arn = "arn:aws:sqs:eu-central-1:123456789012:dead-letters" }
  }

  assert {
    condition     = one(aws_lambda_function.this.environment[*].variables) == tomap({ CORS_ORIGIN = "https://app.example.com" })
    error_message = "The settings must be those that were given, and no others."
  }

  assert {
    condition = (
      one(aws_lambda_function.this.vpc_config[*].subnet_ids) == toset(["subnet-1", "subnet-2"])
      && one(aws_lambda_function.this.vpc_config[*].security_group_ids) == toset(["sg-1"])
    )
    error_message = "The function's interfaces must be where they were asked for."
  }

  assert {
    condition     = aws_lambda_function.this.reserved_concurrent_executions == 10 && one(aws_lambda_function.this.tracing_config[*].mode) == "Active"
    error_message = "The reserve and tracing must be as asked for."
  }

  assert {
    condition     = aws_lambda_function.this.kms_key_arn == var.placement.kms_key_arn && aws_cloudwatch_log_group.this.kms_key_id == var.placement.kms_key_arn
    error_message = "The key must encrypt the settings and the log."
  }

  assert {
    condition = (
      one(aws_lambda_function_event_invoke_config.this).maximum_retry_attempts == 2
      && one(one(aws_lambda_function_event_invoke_config.this).destination_config[0].on_failure).destination == "arn:aws:sqs:eu-central-1:123456789012:dead-letters"
    )
    error_message = "What failed at every try must go where it was asked to."
  }
}

run "a_package_in_s3_is_uploaded_once" {
  command = plan

  variables {
    package_path = null
    package_s3   = { bucket = "example-prod-package", key = "47DEQpj8.zip" }
  }

  assert {
    condition     = aws_lambda_function.this.s3_bucket == "example-prod-package" && aws_lambda_function.this.s3_key == "47DEQpj8.zip" && aws_lambda_function.this.filename == null
    error_message = "Lambda must take the package from S3."
  }

  assert {
    condition     = aws_lambda_function.this.source_code_hash == var.package_sha256
    error_message = "A change of the package must be a change of the function."
  }
}

# What the module refuses to be given.

run "a_role_is_one_role" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::123456789012:role/*"
  }

  expect_failures = [var.role_arn]
}

run "what_comes_from_the_package_is_checked" {
  command = plan

  variables {
    handler        = "app"
    runtime        = "python3.14"
    architecture   = "amd64"
    package_path   = "build"
    package_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [var.handler, var.runtime, var.architecture, var.package_path, var.package_sha256]
}

run "two_packages_are_refused" {
  command = plan

  variables {
    package_s3 = { bucket = "example-prod-package", key = "47DEQpj8.zip" }
  }

  expect_failures = [var.package_path]
}

run "no_package_is_refused" {
  command = plan

  variables {
    package_path = null
  }

  expect_failures = [var.package_path]
}

run "a_package_in_s3_is_a_zip_file" {
  command = plan

  variables {
    package_path = null
    package_s3   = { bucket = "example-prod-package", key = "deployment" }
  }

  expect_failures = [var.package_s3]
}

run "what_lambda_does_not_take_is_refused" {
  command = plan

  variables {
    description          = join("", [for _ in range(257) : "x"])
    memory_mb            = 100
    timeout_seconds      = 901
    log_retention_days   = 100
    reserved_concurrency = 0
    vpc                  = { subnet_ids = ["subnet-1", "subnet-1"], security_group_ids = ["sg-1"] }
    on_failure           = { destination_arn = "arn:aws:sqs:eu-central-1:123456789012:letters.fifo" }
  }

  expect_failures = [
    var.description, var.memory_mb, var.timeout_seconds, var.log_retention_days, var.reserved_concurrency, var.vpc,
    var.on_failure,
  ]
}

run "settings_that_lambda_makes_itself_are_refused" {
  command = plan

  variables {
    environment = { AWS_REGION = "eu-central-1" }
  }

  expect_failures = [var.environment]
}

run "a_setting_is_written_in_capitals" {
  command = plan

  variables {
    environment = { cors-origin = "https://app.example.com" }
  }

  expect_failures = [var.environment]
}

run "too_many_tries_are_refused" {
  command = plan

  variables {
    on_failure = { destination_arn = "arn:aws:sns:eu-central-1:123456789012:alarms", maximum_retries = 3, maximum_age_seconds = 60 }
  }

  expect_failures = [var.on_failure]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_lambda_function.this
    values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:example-prod-api_handler" }
  }

  override_resource {
    target = aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/example-prod-api_handler" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "a_log_group_that_policies_do_not_name_is_refused" {
  state_key = "log_group" # else it would find the function of the run before

  override_resource {
    target = aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/example-prod-api_handler" }
  }

  expect_failures = [aws_cloudwatch_log_group.this]
}
