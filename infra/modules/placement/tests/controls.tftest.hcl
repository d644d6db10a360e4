# What the modules are told of where they are.

run "a_placement_needs_a_region_and_an_account" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  }

  assert {
    condition     = output.checked.partition == "aws" && output.checked.kms_key_arn == null
    error_message = "It must be in the partition aws, and have no key, unless it says otherwise."
  }
}

run "the_longest_name_and_a_key_are_taken" {
  command = plan

  variables {
    placement = {
      name        = "example-${join("", [for _ in range(32) : "x"])}"
      partition   = "aws-us-gov"
      region      = "us-gov-west-1"
      account_id  = "123456789012"
      kms_key_arn = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/0a1b2c3d"
    }
  }

  assert {
    condition     = output.checked == var.placement && length("${output.checked.name}-exports-${output.checked.account_id}") <= 63 && length("${output.checked.name}-MigrateDatabaseRole") <= 64
    error_message = "Names that are made of it must be as short as S3 and IAM demand."
  }
}

# What the module refuses to be given.

run "a_name_is_of_lower_case_letters" {
  command = plan

  variables {
    placement = { name = "Example", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_holds_no_wildcard" {
  command = plan

  variables {
    placement = { name = "example*", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_ends_in_no_dash" {
  command = plan

  variables {
    placement = { name = "example-", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_name_is_long_enough_for_a_table" {
  command = plan

  variables {
    placement = { name = "ex", region = "eu-central-1", account_id = "123456789012" }
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

run "s3_takes_no_name_of_its_own" {
  command = plan

  variables {
    placement = { name = "sthree-prod", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "ec2_takes_no_name_of_its_own" {
  command = plan

  variables {
    placement = { name = "sg", region = "eu-central-1", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "a_partition_is_one_of_three" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", partition = "amazon" }
  }

  expect_failures = [var.placement]
}

run "a_region_is_one" {
  command = plan

  variables {
    placement = { name = "example", region = "Frankfurt", account_id = "123456789012" }
  }

  expect_failures = [var.placement]
}

run "an_account_is_an_id" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "1234" }
  }

  expect_failures = [var.placement]
}

run "an_alias_is_no_key" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/example" }
  }

  expect_failures = [var.placement]
}

run "every_key_is_refused" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/*" }
  }

  expect_failures = [var.placement]
}
