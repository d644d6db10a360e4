output "master_arn" {
  description = "ARN of the master's secret, which has a value by then."
  value       = aws_secretsmanager_secret_version.this["master"].arn
}

output "reader_arn" {
  description = "ARN of app_reader's secret, which has a value by then."
  value       = aws_secretsmanager_secret_version.this["reader"].arn
}

output "writer_arn" {
  description = "ARN of app_writer's secret, which has a value by then."
  value       = aws_secretsmanager_secret_version.this["writer"].arn
}

output "master_arn_pattern" {
  description = "What policies call the master's secret, known at plan time."
  value       = local.arn_patterns.master
}

output "reader_arn_pattern" {
  description = "What policies call app_reader's secret, known at plan time."
  value       = local.arn_patterns.reader
}

output "writer_arn_pattern" {
  description = "What policies call app_writer's secret, known at plan time."
  value       = local.arn_patterns.writer
}
