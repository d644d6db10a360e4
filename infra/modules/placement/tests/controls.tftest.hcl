# What the modules are told of where they are.

run "a_placement_needs_a_region_and_an_account" {
  command = plan

  variables {
    placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
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
      name        = "bulkhead-${join("", [for _ in range(31) : "x"])}"
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
