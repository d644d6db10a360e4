# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_dynamodb_table.this
    values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/bulkhead-tenants" }
  }

  expect_failures = [aws_dynamodb_table.this]
}
