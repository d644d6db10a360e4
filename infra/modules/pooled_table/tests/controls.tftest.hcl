# How the shared table keeps its data, read from the plan alone.

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
}

run "the_data_is_encrypted_restorable_and_protected" {
  command = plan

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption[*].enabled) == true
    error_message = "The table must be encrypted with a key of the account."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery[*].enabled) == true
    error_message = "The table must have point-in-time recovery."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The table must be protected against deletion unless a stage says otherwise."
  }
}

run "the_partition_key_is_the_only_path_to_an_item" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.this.hash_key == "pk"
      && aws_dynamodb_table.this.range_key == "sk"
      && { for a in aws_dynamodb_table.this.attribute : a.name => a.type } == { pk = "S", sk = "S" }
    )
    error_message = "The keys must be the strings pk, whose prefix is the tenant, and sk."
  }

  assert {
    condition     = length(aws_dynamodb_table.this.global_secondary_index) == 0 && length(aws_dynamodb_table.this.local_secondary_index) == 0
    error_message = "The table must have no index."
  }

  assert {
    condition     = !aws_dynamodb_table.this.stream_enabled
    error_message = "The table must have no stream."
  }
}

run "the_table_is_paid_per_request" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "One tenant must not use up a capacity that was provisioned for all."
  }

  assert {
    condition     = output.arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/example"
    error_message = "The ARN must be built from names, and known at plan time."
  }
}

run "a_stage_with_disposable_data_can_be_deleted" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = !aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The variable must turn the protection off."
  }
}

run "a_key_of_the_stage_encrypts_the_table" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d" }
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption[*].kms_key_arn) == "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d"
    error_message = "The table must be encrypted with the key that the stage names."
  }
}

# What the module refuses to be given.

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_dynamodb_table.this
    values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/example" }
  }

  expect_failures = [aws_dynamodb_table.this]
}
