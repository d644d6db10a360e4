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

output "arn_patterns" {
  description = "What policies call the secrets, known at plan time: master_arn, reader_arn and writer_arn."
  value       = { for login, pattern in local.arn_patterns : "${login}_arn" => pattern }
}
