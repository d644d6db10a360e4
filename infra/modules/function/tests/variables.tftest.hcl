# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement          = { name = "bulkhead-prod", region = "eu-central-1", account_id = "123456789012" }
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
    package_s3 = { bucket = "bulkhead-prod-package", key = "47DEQpj8.zip" }
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
    package_s3   = { bucket = "bulkhead-prod-package", key = "deployment" }
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
    values = { arn = "arn:aws:lambda:us-east-1:123456789012:function:bulkhead-prod-api_handler" }
  }

  override_resource {
    target = aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/bulkhead-prod-api_handler" }
  }

  expect_failures = [aws_lambda_function.this]
}

run "a_log_group_that_policies_do_not_name_is_refused" {
  state_key = "log_group" # else it would find the function of the run before

  override_resource {
    target = aws_cloudwatch_log_group.this
    values = { arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/bulkhead-prod-api_handler" }
  }

  expect_failures = [aws_cloudwatch_log_group.this]
}
