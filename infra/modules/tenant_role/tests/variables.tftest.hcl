# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement         = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  table_arn         = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
  rights = {
    read       = ["viewer", "member", "admin"]
    write      = ["member", "admin"]
    administer = ["admin"]
  }
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

run "nobody_with_a_right_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer"]
      write      = ["viewer"]
      administer = []
    }
  }

  expect_failures = [var.rights]
}

run "every_role_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer", "*"]
      write      = ["viewer"]
      administer = ["viewer"]
    }
  }

  expect_failures = [var.rights]
}

run "writing_without_reading_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer"]
      write      = ["viewer", "member"]
      administer = ["viewer"]
    }
  }

  expect_failures = [var.rights]
}

run "administering_without_writing_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer", "admin"]
      write      = ["viewer"]
      administer = ["admin"]
    }
  }

  expect_failures = [var.rights]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/bulkhead-TenantRole" }
  }

  expect_failures = [aws_iam_role.this]
}
