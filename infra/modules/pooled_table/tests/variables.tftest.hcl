# What the module refuses to be given.

mock_provider "aws" {}

run "names_and_ids_are_checked" {
  command = plan

  variables {
    name       = "pooled/index"
    partition  = "amazon"
    region     = "Frankfurt"
    account_id = "1234"

    kms_key_arn = "alias/bulkhead"
  }

  expect_failures = [var.name, var.partition, var.region, var.account_id, var.kms_key_arn]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  variables {
    name       = "pooled"
    region     = "eu-central-1"
    account_id = "123456789012"
  }

  override_resource {
    target = aws_dynamodb_table.this
    values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/pooled" }
  }

  expect_failures = [aws_dynamodb_table.this]
}
