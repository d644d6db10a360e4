# How the exports of offboarded tenants are kept, read from the plan alone.

mock_provider "aws" {}

variables {
  name = "bulkhead-exports-123456789012"
}

run "nobody_outside_the_account_reads_an_export" {
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
    condition = try(jsondecode(one(aws_s3_bucket_policy.tls_only[*].policy)).Statement, null) == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:*"]
      Resource  = ["arn:aws:s3:::bulkhead-exports-123456789012", "arn:aws:s3:::bulkhead-exports-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Whoever calls without TLS must be refused everything, unless a stage says otherwise, and the policy must allow nothing."
  }
}

run "the_exports_are_encrypted_with_the_keys_of_s3" {
  command = plan

  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      "${rule.apply_server_side_encryption_by_default[0].sse_algorithm} ${coalesce(rule.apply_server_side_encryption_by_default[0].kms_master_key_id, "without a key of ours")}"
    ] == ["AES256 without a key of ours"]
    error_message = "The exports must be encrypted with the keys of S3 unless a stage has a key of its own."
  }
}

run "a_stage_chooses_its_own_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_server_side_encryption_configuration.this.rule :
      [rule.apply_server_side_encryption_by_default[0].sse_algorithm, rule.apply_server_side_encryption_by_default[0].kms_master_key_id, rule.bucket_key_enabled]
    ] == [["aws:kms", "arn:aws:kms:eu-central-1:123456789012:key/1234", true]]
    error_message = "The exports must be encrypted with the stage's own key, and one call to it must serve many objects."
  }
}

run "an_export_outlives_its_replacement_and_expires" {
  command = plan

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration[*].status) == "Enabled"
    error_message = "The bucket must keep versions."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "A bucket with exports must not be deleted unless a stage says otherwise."
  }

  assert {
    condition = [
      for rule in one(aws_s3_bucket_lifecycle_configuration.this).rule :
      "${rule.status} ${rule.expiration[0].days} ${rule.noncurrent_version_expiration[0].noncurrent_days} ${rule.abort_incomplete_multipart_upload[0].days_after_initiation}"
    ] == ["Enabled 365 365 7"]
    error_message = "Every export must expire after a year, every former version a year later, and an upload that was given up after a week."
  }

  assert {
    condition     = [output.name, output.arn, tostring(output.retention_days)] == ["bulkhead-exports-123456789012", "arn:aws:s3:::bulkhead-exports-123456789012", "365"]
    error_message = "The ARN must be built from the name, and known at plan time."
  }
}

run "a_stage_with_disposable_exports_and_no_tls" {
  command = plan

  variables {
    retention_days = 30
    require_tls    = false
    force_destroy  = true
  }

  assert {
    condition     = aws_s3_bucket.this.force_destroy && length(aws_s3_bucket_policy.tls_only) == 0
    error_message = "The variables must let the bucket be deleted, and be called without TLS."
  }

  assert {
    condition = output.retention_days == 30 && [
      for rule in one(aws_s3_bucket_lifecycle_configuration.this).rule : [rule.expiration[0].days, rule.noncurrent_version_expiration[0].noncurrent_days]
    ] == [[30, 30]]
    error_message = "The variable must say how long exports are kept."
  }
}

run "rules_that_nobody_would_act_on_can_be_left_out" {
  command = plan

  variables {
    expire_exports = false
  }

  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "The variable must leave the rules out."
  }
}
