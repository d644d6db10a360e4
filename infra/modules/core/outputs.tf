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
  depends_on  = [module.authorizer_role, module.lambda_role, module.control_plane, module.database_functions]

  value = merge(module.control_plane.role_arns, {
    api_handler       = module.lambda_role.arn
    tenant_authorizer = module.authorizer_role.arn
    migrate_database  = one(module.database_functions[*].migrate_database_role_arn)
    rotate_secret     = one(module.database_functions[*].rotate_secret_role_arn)
  })
}

output "tenant_role_arn" {
  description = "ARN of the role whose sessions are tagged with a tenant, known at plan time."
  value       = module.tenant_role.arn
}

output "tenant_policy_role_arn" {
  description = "ARN of the role whose sessions the API narrows by a session policy, known at plan time; null in a stage of session tags."
  value       = one(module.tenant_policy_role[*].arn)
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
