# What the module refuses to be given.

run "an_alias_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/bulkhead"
  }

  expect_failures = [var.kms_key_arn]
}

run "every_key_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/*"
  }

  expect_failures = [var.kms_key_arn]
}
