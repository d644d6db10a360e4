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

output "issuer_host" {
  description = "The issuer without its scheme, with which the condition keys of its tokens begin."
  value       = local.issuer_host
}

output "oidc_provider_arn" {
  description = "ARN of the provider by which STS takes the client's tokens, for trust policies; known after it is made."
  value       = aws_iam_openid_connect_provider.this.arn
}
