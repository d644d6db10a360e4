# The package of all functions, uploaded once: Lambda takes it from here for each of them, instead of a dozen uploads.

locals {
  arn = "arn:${var.partition}:s3:::${var.name}"

  # Another package has another name, so that a function changes exactly when its code does. Base64 as in URLs: an
  # object's name may hold '/' and '+', but they mean something to others.
  key = "${replace(replace(trimsuffix(var.package_sha256, "="), "/", "_"), "+", "-")}.zip"

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

# Deleted with what is in it: every package can be made again from its commit.
resource "aws_s3_bucket" "this" {
  bucket        = var.name
  force_destroy = true

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
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

# After the public access block: S3 refuses to change both at once.
resource "aws_s3_bucket_policy" "tls_only" {
  count = var.require_tls ? 1 : 0

  bucket = aws_s3_bucket_public_access_block.this.bucket
  policy = local.tls_only
}

resource "aws_s3_object" "package" {
  bucket       = aws_s3_bucket_ownership_controls.this.bucket
  key          = local.key
  source       = var.package_path
  source_hash  = var.package_sha256
  content_type = "application/zip"

  # An object takes ten tags, and a stage may have more.
  override_provider {
    default_tags {
      tags = {}
    }
  }

  depends_on = [aws_s3_bucket_public_access_block.this, aws_s3_bucket_server_side_encryption_configuration.this]
}
