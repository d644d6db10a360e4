output "api_url" {
  description = "Where the API is, without a slash at its end."
  value       = var.aws_endpoint_url == null ? module.api.url : "${var.aws_endpoint_url}/restapis/${module.api.rest_api_id}/${module.api.stage_name}/_user_request_"
}

output "web_url" {
  description = "Where the single-page app is, the one origin that may call the API."
  value       = local.cors_origin
}

output "web_bucket_name" {
  description = "Bucket of the single-page app; null in a stage without one."
  value       = one(module.web[*].bucket_name)
}

output "web_distribution_id" {
  description = "CloudFront distribution of the single-page app; null in a stage without one."
  value       = one(module.web[*].distribution_id)
}

output "function_names" {
  description = "Name of each Lambda function, by what the package calls it: for those who invoke the control plane."
  value       = local.function_names
}

output "web_domain_name" {
  description = "Name of the CloudFront distribution, to which the record of a domain of one's own points; null in a stage without a web page."
  value       = one(module.web[*].domain_name)
}

output "disposable" {
  description = "Whether the stage may be destroyed."
  value       = var.disposable
}

output "alarm_topic_arn" {
  description = "Topic that the alarms are sent to; null in a stage without alarms."
  value       = one(module.alarms[*].topic_arn)
}

output "enforces_leading_keys" {
  description = "Whether dynamodb:LeadingKeys is enforced: false only on an emulator, which is no evidence of isolation."
  value       = var.enforces_leading_keys
}

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

output "table_arn" {
  description = "ARN of the pooled table."
  value       = module.pooled_table.arn
}

output "registry_table_name" {
  description = "Name of the table of tenants."
  value       = module.registry.name
}

output "registry_table_arn" {
  description = "ARN of the table of tenants."
  value       = module.registry.arn
}

output "export_bucket_name" {
  description = "Name of the bucket for the exports of offboarded tenants."
  value       = module.export_bucket.name
}

output "export_retention_days" {
  description = "Days after which an export expires."
  value       = var.exports.retention_days
}

output "vending_strategy" {
  description = "What confines a tenant's session: session_tags or session_policy."
  value       = var.vending_strategy
}

output "lambda_role_arn" {
  description = "The role that the API runs with."
  value       = module.lambda_role.arn
}

output "authorizer_role_arn" {
  description = "The role that the authorizer runs with."
  value       = module.authorizer_role.arn
}

output "authorizer_cache_seconds" {
  description = "Seconds for which the token of a suspended tenant may still be accepted."
  value       = var.authorizer_cache_seconds
}

output "tenant_role_arn" {
  description = "The role whose sessions are tagged with a tenant."
  value       = module.tenant_role.arn
}

output "tenant_policy_role_arn" {
  description = "The role whose sessions the API narrows by a session policy; null in a stage of session tags."
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

output "onboard_tenant_role_arn" {
  description = "The role that onboard_tenant runs with."
  value       = module.control_plane.role_arns.onboard_tenant
}

output "suspend_tenant_role_arn" {
  description = "The role that suspend_tenant runs with."
  value       = module.control_plane.role_arns.suspend_tenant
}

output "resume_tenant_role_arn" {
  description = "The role that resume_tenant runs with."
  value       = module.control_plane.role_arns.resume_tenant
}

output "offboard_tenant_role_arn" {
  description = "The role that offboard_tenant runs with."
  value       = module.control_plane.role_arns.offboard_tenant
}

output "list_tenants_role_arn" {
  description = "The role that list_tenants runs with."
  value       = module.control_plane.role_arns.list_tenants
}

output "invite_user_role_arn" {
  description = "The role that invite_user runs with."
  value       = module.control_plane.role_arns.invite_user
}

output "remove_user_role_arn" {
  description = "The role that remove_user runs with."
  value       = module.control_plane.role_arns.remove_user
}

output "set_role_role_arn" {
  description = "The role that set_role runs with."
  value       = module.control_plane.role_arns.set_role
}

output "database_host" {
  description = "Where PostgreSQL is."
  value       = module.database.host
}

output "database_port" {
  description = "Port of PostgreSQL."
  value       = module.database.port
}

output "database_name" {
  description = "Name of the stage's database."
  value       = module.database.name
}

output "master_secret_arn" {
  description = "ARN of the secret with the master's login."
  value       = module.secrets.master_arn
}

output "reader_secret_arn" {
  description = "ARN of the secret with app_reader's login."
  value       = module.secrets.reader_arn
}

output "writer_secret_arn" {
  description = "ARN of the secret with app_writer's login."
  value       = module.secrets.writer_arn
}

output "migrate_database_role_arn" {
  description = "The role that migrate_database runs with."
  value       = module.database_functions.migrate_database_role_arn
}

output "rotate_secret_role_arn" {
  description = "The role that rotate_secret runs with."
  value       = module.database_functions.rotate_secret_role_arn
}
