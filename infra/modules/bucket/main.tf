# A bucket of a stage: encrypted, never public, without ACLs, and closed to whoever calls without TLS.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name = "${var.placement.name}-${var.purpose}-${var.placement.account_id}"
  arn  = "arn:${var.placement.partition}:s3:::${local.name}"

  reader_statements = [
    for arn in var.distributions_arn[*] : {
      Sid       = "OwnDistributionsReadOnly"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = ["s3:GetObject"]
      Resource  = ["${local.arn}/*"]
      Condition = { ArnLike = { "aws:SourceArn" = arn } }
    }
  ]

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(local.reader_statements, [
      {
        Sid       = "TlsOnly"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:*"]
        Resource  = [local.arn, "${local.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ])
  })
}

resource "aws_s3_bucket" "this" {
  bucket        = local.name
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
    bucket_key_enabled = var.placement.kms_key_arn != null

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.placement.kms_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.placement.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count = var.versioned ? 1 : 0

  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = "Enabled"
  }
}

# Days of expiration also take away the delete markers that are left alone.
# Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html
resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = var.expiration == null ? 0 : 1

  bucket = aws_s3_bucket_versioning.this[0].bucket

  rule {
    id     = var.expiration.days == null ? "ExpireFormerVersions" : "Expire${title(var.purpose)}"
    status = "Enabled"

    filter {}

    expiration {
      days                         = var.expiration.days
      expired_object_delete_marker = var.expiration.days == null ? true : null
    }

    noncurrent_version_expiration {
      noncurrent_days = var.expiration.former_versions_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

# After the public access block: S3 refuses to change both at once.
resource "aws_s3_bucket_policy" "this" {
  count = var.require_tls ? 1 : 0

  bucket = aws_s3_bucket_public_access_block.this.bucket
  policy = local.policy
}

moved {
  from = aws_s3_bucket_policy.tls_only
  to   = aws_s3_bucket_policy.this
}

moved {
  from = aws_s3_bucket_versioning.this
  to   = aws_s3_bucket_versioning.this[0]
}
