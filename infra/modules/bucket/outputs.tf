output "name" {
  description = "Name of the bucket. Whatever uses it waits until objects are private and encrypted, and versioned where the bucket keeps versions."
  value       = aws_s3_bucket.this.bucket

  depends_on = [
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_ownership_controls.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "arn" {
  description = "ARN of the bucket, known at plan time."
  value       = local.arn
}

output "regional_domain_name" {
  description = "Where CloudFront asks for objects."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}

output "kept" {
  description = "How the bucket was asked to keep what is in it: for the tests of whoever composes it."
  value = {
    versioned     = var.versioned
    expiration    = var.expiration
    require_tls   = var.require_tls
    force_destroy = var.force_destroy
  }
}

output "policy" {
  description = "Who may do what with the bucket: the document as JSON, known at plan time unless it names a distribution."
  value       = one(aws_s3_bucket_policy.this[*].policy)
}
