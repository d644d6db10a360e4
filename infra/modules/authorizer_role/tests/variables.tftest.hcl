# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement          = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
}

run "an_index_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants/index/by_name"
  }

  expect_failures = [var.registry_table_arn]
}

run "every_table_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
  }

  expect_failures = [var.registry_table_arn]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policy = "AdministratorAccess"
  }

  expect_failures = [var.runtime_policy]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/bulkhead-AuthorizerRole" }
  }

  expect_failures = [aws_iam_role.this]
}
