# How the copy of the keys that sign tokens is kept, read from the plan alone.

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
}

run "an_issuer_has_one_item" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.this.hash_key == "issuer"
      && aws_dynamodb_table.this.range_key == null
      && { for a in aws_dynamodb_table.this.attribute : a.name => a.type } == { issuer = "S" }
    )
    error_message = "The issuer must be the whole key, so that its keys are read by one key."
  }

  assert {
    condition     = length(aws_dynamodb_table.this.global_secondary_index) == 0 && length(aws_dynamodb_table.this.local_secondary_index) == 0 && !aws_dynamodb_table.this.stream_enabled
    error_message = "The table must have no index and no stream."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption[*].enabled) == true && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be encrypted with a key of the account, and paid per request."
  }

  assert {
    condition     = output.arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/example-signing-keys" && output.name == "example-signing-keys"
    error_message = "The ARN must be built from names, and known at plan time."
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
    values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/example-signing-keys" }
  }

  expect_failures = [aws_dynamodb_table.this]
}
