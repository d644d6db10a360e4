# What the module refuses to be given.

run "a_name_is_of_lower_case_letters" {
  command = plan

  variables {
    placement = { name = "Bulkhead", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_holds_no_wildcard" {
  command = plan

  variables {
    placement = { name = "bulkhead*", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_ends_in_no_dash" {
  command = plan

  variables {
    placement = { name = "bulkhead-", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_is_long_enough_for_a_table" {
  command = plan

  variables {
    placement = { name = "bh", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_is_short_enough_for_a_bucket" {
  command = plan

  variables {
    placement = { name = "a-name-of-forty-one-characters-is-too-lon", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_partition_is_one_of_three" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012", partition = "amazon" }
  }

  expect_failures = [var.placement]
}

run "a_region_is_one" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "Frankfurt", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "an_account_is_an_id" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "eu-central-1", account_id = "1234" }
  }

  expect_failures = [var.placement]
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/bulkhead" }
  }

  expect_failures = [var.placement]
}

run "every_key_is_refused" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/*" }
  }

  expect_failures = [var.placement]
}
