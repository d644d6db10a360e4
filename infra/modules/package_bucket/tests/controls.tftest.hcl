# How the package is kept until Lambda has it, read from the plan alone.

mock_provider "aws" {}

variables {
  name           = "bulkhead-prod-package-123456789012"
  package_path   = "build/deployment.zip"
  package_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
}

run "nobody_outside_the_account_reads_or_writes_it" {
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
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "The package must be encrypted."
  }

  assert {
    condition = try(jsondecode(one(aws_s3_bucket_policy.tls_only[*].policy)).Statement, null) == [{
      Sid       = "TlsOnly"
      Effect    = "Deny"
      Principal = "*"
      Action    = ["s3:*"]
      Resource  = ["arn:aws:s3:::bulkhead-prod-package-123456789012", "arn:aws:s3:::bulkhead-prod-package-123456789012/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
    error_message = "Whoever calls without TLS must be refused everything, unless a stage says otherwise, and the policy must allow nothing."
  }
}

run "the_package_is_named_by_its_content" {
  command = plan

  assert {
    condition     = output.package == { bucket = "bulkhead-prod-package-123456789012", key = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU.zip" }
    error_message = "Another package must have another name, known at plan time."
  }

  assert {
    condition     = aws_s3_object.package.key == output.package.key && aws_s3_object.package.source == "build/deployment.zip" && aws_s3_object.package.source_hash == var.package_sha256
    error_message = "The object must be the package that was given."
  }
}

run "a_stage_without_tls" {
  command = plan

  variables {
    require_tls = false
  }

  assert {
    condition     = length(aws_s3_bucket_policy.tls_only) == 0
    error_message = "The variable must let the bucket be called without TLS."
  }
}
