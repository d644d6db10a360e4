output "table_name" {
  description = "Name of the pooled table."
  value       = module.pooled_table.name
}

output "table_arn" {
  description = "ARN of the pooled table, known at plan time."
  value       = module.pooled_table.arn
}

output "registry_table_name" {
  description = "Name of the table of tenants."
  value       = module.registry.name
}

output "registry_table_arn" {
  description = "ARN of the table of tenants, known at plan time."
  value       = module.registry.arn
}

output "export_bucket_name" {
  description = "Name of the bucket for the exports of offboarded tenants."
  value       = module.export_bucket.name
}

output "export_bucket_arn" {
  description = "ARN of the bucket for the exports of offboarded tenants, known at plan time."
  value       = module.export_bucket.arn
}

output "export_retention_days" {
  description = "Days after which an export expires."
  value       = var.exports.retention_days
}

# Whatever uses one of the ARNs waits until the roles have all their rights, and goes before them: Lambda makes and takes
# away a function's network interfaces with the rights of its role.
output "role_arns" {
  description = "ARN of the role that each function runs with, by the function's name; known at plan time. Those of the database's functions are null in a stage without a database."
  depends_on  = [module.function_roles, module.control_plane, module.database_functions]

  value = merge(module.function_roles.arns, module.control_plane.role_arns, {
    for function in local.database_functions : function => one(module.database_functions[*].role_arns[function])
  })
}

output "tenant_role_arn" {
  description = "ARN of the role in whose sessions users reach their tenant's data under the stage's strategy, known at plan time."
  value       = local.tenant_role_arn
}

output "tenant_policy_role_arn" {
  description = "The same where the API narrows sessions by a session policy; null under the other strategies."
  value       = var.vending_strategy == "session_policy" ? local.tenant_role_arn : null
}

output "tenant_maintenance_role_arn" {
  description = "ARN of the role in whose sessions a tenant's data is reached without a user's token, known at plan time."
  value       = module.tenant_maintenance_role.arn
}

output "signing_keys_table_name" {
  description = "Name of the table of the stored signing keys."
  value       = module.signing_keys.name
}

output "signing_keys_table_arn" {
  description = "ARN of the table of the stored signing keys, known at plan time."
  value       = module.signing_keys.arn
}

output "user_pool_id" {
  description = "Id of the user pool."
  value       = module.identity.user_pool_id
}

output "user_pool_arn" {
  description = "ARN of the user pool."
  value       = module.identity.user_pool_arn
}

output "user_pool_client_id" {
  description = "Id of the public client, the audience of id tokens."
  value       = module.identity.user_pool_client_id
}

output "token_issuer" {
  description = "The iss claim of the pool's tokens, in the form of the real AWS."
  value       = module.identity.issuer
}

output "jwks_url" {
  description = "Where AWS publishes the keys that sign the pool's tokens."
  value       = module.identity.jwks_url
}

output "oidc_provider_arn" {
  description = "ARN of the provider by which STS takes the pool's tokens."
  value       = module.identity.oidc_provider_arn
}
