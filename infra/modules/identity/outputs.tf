output "user_pool_id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.this.id
}

output "user_pool_arn" {
  description = "ARN of the user pool, for policies. AWS draws the pool's id, so that it is known after the pool is made."
  value       = aws_cognito_user_pool.this.arn
}

output "user_pool_client_id" {
  description = "Id of the public client, the audience of its id tokens."
  value       = aws_cognito_user_pool_client.this.id
}

output "issuer" {
  description = "The iss claim of the pool's tokens."
  value       = local.issuer
}

output "jwks_url" {
  description = "Where AWS publishes the keys that sign the pool's tokens."
  value       = "${local.issuer}/.well-known/jwks.json"
}
