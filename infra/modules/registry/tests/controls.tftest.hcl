# How the table of the tenants is kept, read from the plan alone.

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
}

run "the_registry_is_encrypted_restorable_and_protected" {
  command = plan

  assert {
    condition     = one(aws_dynamodb_table.this.server_side_encryption[*].enabled) == true
    error_message = "The registry must be encrypted with a key of the account."
  }

  assert {
    condition     = one(aws_dynamodb_table.this.point_in_time_recovery[*].enabled) == true
    error_message = "The registry must have point-in-time recovery."
  }

  assert {
    condition     = aws_dynamodb_table.this.deletion_protection_enabled
    error_message = "The registry must be protected against deletion unless a stage says otherwise."
  }
}

run "a_tenant_has_one_item" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.this.hash_key == "tenant_id"
      && aws_dynamodb_table.this.range_key == null
      && { for a in aws_dynamodb_table.this.attribute : a.name => a.type } == { tenant_id = "S" }
    )
    error_message = "The tenant's id must be the whole key, so that a tenant has one item."
  }

  assert {
    condition     = length(aws_dynamodb_table.this.global_secondary_index) == 0 && length(aws_dynamodb_table.this.local_secondary_index) == 0
    error_message = "The registry must have no index."
  }

  assert {
    condition     = !aws_dynamodb_table.this.stream_enabled
    error_message = "The registry must have no stream."
  }
}

run "the_registry_is_paid_per_request" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "No capacity may be provisioned that the requests of one tenant could use up for all."
  }

  assert {
    condition     = output.arn == "arn:aws:dynamodb:eu-central-1:123456789012:table/example-tenants" && output.name == "example-tenants"
    error_message = "The ARN must be built from names, and known at plan time."
  }
}

run "a_stage_with_disposable_tenants_can_be_deleted" {
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
    values = { arn = "arn:aws:dynamodb:us-east-1:123456789012:table/example-tenants" }
  }

  expect_failures = [aws_dynamodb_table.this]
}
