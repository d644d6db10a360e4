# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }

  secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
  }
}

run "every_secret_is_refused" {
  command = plan

  variables {
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-*"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  expect_failures = [var.secrets]
}

run "the_master_secret_is_no_logins_secret" {
  command = plan

  variables {
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-??????"
    }
  }

  expect_failures = [var.secrets]
}

run "a_policy_of_no_function_is_refused" {
  command = plan

  variables {
    runtime_policies = { drop_database = jsonencode({ Statement = [] }) }
  }

  expect_failures = [var.runtime_policies]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policies = { rotate_secret = "AdministratorAccess" }
  }

  expect_failures = [var.runtime_policies]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/bulkhead-RotateSecretRole" }
  }

  expect_failures = [aws_iam_role.this]
}
