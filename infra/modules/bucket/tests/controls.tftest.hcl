# How a bucket keeps what is in it, read from the plan alone.

mock_provider "aws" {}

variables {
  placement  = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  purpose    = "exports"
  expiration = { days = 365, former_versions_days = 90 }
}

run "nobody_outside_the_account_reads_an_object" {
  command = plan

  assert {
    condition = alltrue([
      for way in ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"] :
      aws_s3_bucket_public_access_block.this[way]
    ])
    error_message = "Public access must be blocked in all four ways."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule[*].object_ownership) == "BucketOwnerEnforced"
    error_message = "The bucket must have no ACLs."
  }

  assert {
    condition = try(jsondecode(output.policy).Statement, null) == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:*"]
      Resource  = ["arn:aws:s3:::example-exports-123456789012", "arn:aws:s3:::example-exports-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Whoever calls without TLS must be refused everything, unless a stage says otherwise, and the policy must allow nothing."
  }
}

run "the_given_distributions_read_objects" {
  command = plan

  variables {
    distributions_arn = "arn:aws:cloudfront::123456789012:distribution/E1234567890ABC"
  }

  assert {
    condition = [for s in jsondecode(one(aws_s3_bucket_policy.this).policy).Statement : jsonencode(s) if s.Effect == "Allow"] == [jsonencode({
      Sid       = "OwnDistributionsReadOnly"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject"]
      Resource  = ["arn:aws:s3:::example-exports-123456789012/*"]
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::123456789012:distribution/E1234567890ABC" } }
    })]
    error_message = "The given distributions must read objects, and nobody else."
  }

  assert {
    condition     = length(jsondecode(one(aws_s3_bucket_policy.this).policy).Statement) == 2
    error_message = "Whoever calls without TLS must be refused beside it."
  }
}

run "objects_are_encrypted_with_the_keys_of_s3" {
  command = plan

  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      "${rule.apply_server_side_encryption_by_default[0].sse_algorithm} ${coalesce(rule.apply_server_side_encryption_by_default[0].kms_master_key_id, "without a key of ours")}"
    ] == ["AES256 without a key of ours"]
    error_message = "Objects must be encrypted with the keys of S3 unless a stage has a key of its own."
  }
}

run "a_stage_chooses_its_own_key" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      [rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id, rule.bucket_key_enabled]
    ] == [["aws:kms", "arn:aws:kms:eu-central-1:123456789012:key/1234", true]]
    error_message = "Objects must be encrypted with the stage's own key, and one call to it must serve many of them."
  }
}

run "an_object_outlives_its_replacement_and_expires" {
  command = plan

  assert {
    condition     = one(one(aws_s3_bucket_versioning.this[*].versioning_configuration)[*].status) == "Enabled"
    error_message = "The bucket must keep versions."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket must not be deleted with what is in it unless a stage says otherwise."
  }

  assert {
    condition = [
      for rule in one(aws_s3_bucket_lifecycle_configuration.this).rule :
      "${rule.id} ${rule.status} ${rule.expiration[0].days} ${rule.noncurrent_version_expiration[0].noncurrent_days} ${rule.abort_incomplete_multipart_upload[0].days_after_initiation}"
    ] == ["ExpireExports Enabled 365 90 7"]
    error_message = "Objects and former versions must expire after the given days, and an upload that was given up after a week."
  }

  assert {
    condition     = [output.name, output.arn] == ["example-exports-123456789012", "arn:aws:s3:::example-exports-123456789012"]
    error_message = "The ARN must be built from the name, and known at plan time."
  }
}

run "what_is_current_may_stay" {
  command = plan

  variables {
    expiration = { former_versions_days = 90 }
  }

  assert {
    condition = [
      for rule in one(aws_s3_bucket_lifecycle_configuration.this).rule :
      rule.id == "ExpireFormerVersions" && rule.expiration[0].expired_object_delete_marker && rule.noncurrent_version_expiration[0].noncurrent_days == 90
    ] == [true]
    error_message = "Former versions must expire, and with the last of them the delete marker."
  }
}

run "what_can_be_made_again_needs_neither_versions_nor_tls" {
  command = plan

  variables {
    versioned     = false
    expiration    = null
    require_tls   = false
    force_destroy = true
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy && length(aws_s3_bucket_policy.this) == 0 && length(aws_s3_bucket_versioning.this) == 0 && length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "The variables must let the bucket be deleted, be called without TLS, and have neither versions nor rules."
  }
}

# What the module refuses to be given.

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

run "distributions_of_no_account_are_refused" {
  command = plan

  variables {
    distributions_arn = "arn:aws:cloudfront::*:distribution/*"
  }

  expect_failures = [var.distributions_arn]
}

run "a_distribution_needs_the_policy" {
  command = plan

  variables {
    require_tls       = false
    distributions_arn = "arn:aws:cloudfront::123456789012:distribution/E1234567890ABC"
  }

  expect_failures = [var.require_tls]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_s3_bucket.this
    values = { arn = "arn:aws-cn:s3:::example-exports-123456789012" }
  }

  expect_failures = [aws_s3_bucket.this]
}
