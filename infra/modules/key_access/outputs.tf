output "reading" {
  description = "Statements of an identity policy for who reads what a service keeps, by the service: dynamodb, lambda, s3 or secretsmanager; known at plan time."
  value       = local.statements.Read
}

output "writing" {
  description = "The same for who also writes."
  value       = local.statements.Write
}
