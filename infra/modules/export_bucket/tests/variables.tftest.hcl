# What the module refuses to be given.

mock_provider "aws" {}

variables {
  name = "bulkhead-exports-123456789012"
}

run "names_and_days_are_checked" {
  command = plan

  variables {
    name           = "Exports.of.bulkhead"
    partition      = "amazon"
    retention_days = 0
    kms_key_arn    = "alias/bulkhead"
  }

  expect_failures = [var.name, var.partition, var.retention_days, var.kms_key_arn]
}

run "half_a_day_is_refused" {
  command = plan

  variables {
    retention_days = 1.5
  }

  expect_failures = [var.retention_days]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_s3_bucket.this
    values = { arn = "arn:aws-cn:s3:::bulkhead-exports-123456789012" }
  }

  expect_failures = [aws_s3_bucket.this]
}
