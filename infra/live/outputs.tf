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

# What every stage tells, on AWS as on one machine: modules/core describes what it tells. Both roots have these lines.
output "account_id" { value = local.placement.account_id }
output "region" { value = local.placement.region }
output "vending_strategy" { value = var.vending_strategy }
output "session_per" { value = var.session_per }
output "authorizer_cache_seconds" { value = var.authorizer_cache_seconds }
output "table_name" { value = module.core.table_name }
output "table_arn" { value = module.core.table_arn }
output "registry_table_name" { value = module.core.registry_table_name }
output "registry_table_arn" { value = module.core.registry_table_arn }
output "signing_keys_table_name" { value = module.core.signing_keys_table_name }
output "export_bucket_name" { value = module.core.export_bucket_name }
output "export_retention_days" { value = module.core.export_retention_days }
output "tenant_role_arn" { value = module.core.tenant_role_arn }
output "tenant_policy_role_arn" { value = module.core.tenant_policy_role_arn }
output "tenant_maintenance_role_arn" { value = module.core.tenant_maintenance_role_arn }
output "user_pool_id" { value = module.core.user_pool_id }
output "user_pool_arn" { value = module.core.user_pool_arn }
output "user_pool_client_id" { value = module.core.user_pool_client_id }
output "token_issuer" { value = module.core.token_issuer }
output "oidc_provider_arn" { value = module.core.oidc_provider_arn }
output "lambda_role_arn" { value = module.core.role_arns.api_handler }
output "authorizer_role_arn" { value = module.core.role_arns.tenant_authorizer }
output "tag_id_token_role_arn" { value = module.core.role_arns.tag_id_token }
output "refresh_signing_keys_role_arn" { value = module.core.role_arns.refresh_signing_keys }
output "onboard_tenant_role_arn" { value = module.core.role_arns.onboard_tenant }
output "suspend_tenant_role_arn" { value = module.core.role_arns.suspend_tenant }
output "resume_tenant_role_arn" { value = module.core.role_arns.resume_tenant }
output "offboard_tenant_role_arn" { value = module.core.role_arns.offboard_tenant }
output "list_tenants_role_arn" { value = module.core.role_arns.list_tenants }
output "invite_user_role_arn" { value = module.core.role_arns.invite_user }
output "remove_user_role_arn" { value = module.core.role_arns.remove_user }
output "set_role_role_arn" { value = module.core.role_arns.set_role }
output "migrate_database_role_arn" { value = module.core.role_arns.migrate_database }
output "rotate_secret_role_arn" { value = module.core.role_arns.rotate_secret }
output "database_host" { value = module.database.host }
output "database_port" { value = module.database.port }
output "database_name" { value = module.database.name }
output "master_secret_arn" { value = module.secrets.master_arn }
output "reader_secret_arn" { value = module.secrets.reader_arn }
output "writer_secret_arn" { value = module.secrets.writer_arn }
