# What is left of tenants that were offboarded, until it expires: encrypted, never public, and with its versions, so
# that whoever may write an export cannot destroy an earlier one.

locals {
  arn = "arn:${var.partition}:s3:::${var.name}"

  tls_only = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:*"]
        Resource  = [local.arn, "${local.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_s3_bucket" "this" {
  bucket        = var.name
  force_destroy = var.force_destroy

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The bucket is ${self.arn}, but policies name ${local.arn}: partition is wrong."
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Without ACLs: policies alone say who reads.
resource "aws_s3_bucket_ownership_controls" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    bucket_key_enabled = var.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Days of expiration also take away the delete markers that are left alone.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = var.expire_exports ? 1 : 0

  bucket = aws_s3_bucket_versioning.this.bucket

  rule {
    id     = "ExpireExports"
    status = "Enabled"

    filter {}

    expiration {
      days = var.retention_days
    }

    noncurrent_version_expiration {
      noncurrent_days = var.retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

# After the public access block: S3 refuses to change both at once.
resource "aws_s3_bucket_policy" "tls_only" {
  count = var.require_tls ? 1 : 0

  bucket = aws_s3_bucket_public_access_block.this.bucket
  policy = local.tls_only
}
