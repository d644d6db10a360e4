output "name" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "ARN of the bucket, known at plan time."
  value       = local.arn
}

output "retention_days" {
  description = "Days after which an export expires."
  value       = var.retention_days
}
