output "account_id" {
  description = "Account of the stage."
  value       = local.account_id
}

output "region" {
  description = "Region of the stage."
  value       = var.region
}

output "table_name" {
  description = "Name of the pooled table."
  value       = module.pooled_table.name
}

output "lambda_role_arn" {
  description = "The role that the API runs with."
  value       = module.lambda_role.arn
}

output "tenant_role_arn" {
  description = "The role whose sessions are tagged with a tenant."
  value       = module.tenant_role.arn
}

output "user_pool_id" {
  description = "Id of the user pool."
  value       = module.identity.user_pool_id
}

output "user_pool_client_id" {
  description = "Id of the public client, the audience of id tokens."
  value       = module.identity.user_pool_client_id
}

output "token_issuer" {
  description = "The iss claim of the pool's tokens, in the form of the real AWS."
  value       = module.identity.issuer
}
