# What the module refuses to be given.

mock_provider "aws" {}

variables {
  name              = "TenantRole"
  account_id        = "123456789012"
  table_arn         = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
}

run "names_and_ids_are_checked" {
  command = plan

  variables {
    name       = "Tenant*"
    partition  = "amazon"
    account_id = "1234"
  }

  expect_failures = [var.name, var.partition, var.account_id]
}

run "an_index_is_refused" {
  command = plan

  variables {
    table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled/index/*"
  }

  expect_failures = [var.table_arn]
}

run "every_table_is_refused" {
  command = plan

  variables {
    table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
  }

  expect_failures = [var.table_arn]
}

run "a_whole_account_is_not_trusted" {
  command = plan

  variables {
    trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole", "arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.trusted_role_arns]
}

run "everyone_is_not_trusted" {
  command = plan

  variables {
    trusted_role_arns = ["*"]
  }

  expect_failures = [var.trusted_role_arns]
}

run "somebody_must_be_trusted" {
  command = plan

  variables {
    trusted_role_arns = []
  }

  expect_failures = [var.trusted_role_arns]
}

run "a_trust_policy_beyond_the_quota_is_refused" {
  command = plan

  variables {
    trusted_role_arns = [for n in range(20) : "arn:aws:iam::123456789012:role/${join("", [for _ in range(62) : "r"])}${10 + n}"]
  }

  expect_failures = [aws_iam_role.this]
}

run "every_secret_is_refused" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "the_writers_secret_is_not_the_readers" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/TenantRole" }
  }

  expect_failures = [aws_iam_role.this]
}
