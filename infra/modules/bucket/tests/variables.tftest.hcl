# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  purpose   = "exports"
}

run "a_purpose_is_one_word" {
  command = plan

  variables {
    purpose = "exports.of"
  }

  expect_failures = [var.purpose]
}

run "no_day_is_refused" {
  command = plan

  variables {
    expiration = { days = 0, former_versions_days = 1 }
  }

  expect_failures = [var.expiration]
}

run "half_a_day_is_refused" {
  command = plan

  variables {
    expiration = { former_versions_days = 1.5 }
  }

  expect_failures = [var.expiration]
}

run "former_versions_need_versions" {
  command = plan

  variables {
    versioned  = false
    expiration = { former_versions_days = 1 }
  }

  expect_failures = [var.expiration]
}

run "a_distribution_needs_the_policy" {
  command = plan

  variables {
    require_tls      = false
    distribution_arn = "arn:aws:cloudfront::123456789012:distribution/E1234567890ABC"
  }

  expect_failures = [var.require_tls]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_s3_bucket.this
    values = { arn = "arn:aws-cn:s3:::bulkhead-exports-123456789012" }
  }

  expect_failures = [aws_s3_bucket.this]
}
