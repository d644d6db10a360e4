# What every stage has, on AWS as on one machine: tables, users, exports, and the roles that reach them. A root adds the
# database, and what runs with these roles. The database's secrets are the root's too: they hold the database's address,
# which is known last, since its network waits for the roles.

locals {
  # One table for the authorizer, which reads the same file, and for the tenant roles.
  rights = jsondecode(file("${path.module}/../../../chalicelib/permissions.json")).rights

  database_functions = ["migrate_database", "rotate_secret"]

  # The one role of the strategy: its sessions reach a tenant's data for the tenant's users.
  tenant_role_name = var.vending_strategy == "session_policy" ? "TenantPolicyRole" : "TenantRole"
  tenant_role_arn  = "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${var.placement.name}-${local.tenant_role_name}"
}

# A token opens a session wherever it comes to STS from, unless the trust policy names an endpoint.
check "users_hold_no_credentials_of_their_tenant" {
  assert {
    condition     = var.vending_strategy != "web_identity" || var.endpoints != null
    error_message = "In a stage without a network STS takes a token from anywhere: users hold their own tenant's credentials, past suspension, quotas and audit. A stage with other people's data needs a network, or the strategy session_tags."
  }
}

module "pooled_table" {
  source = "../pooled_table"

  placement           = var.placement
  deletion_protection = !var.disposable
}

module "registry" {
  source = "../registry"

  placement           = var.placement
  deletion_protection = !var.disposable
}

# What is left of tenants that were offboarded, until it expires: with its versions, so that a writer of exports cannot
# destroy an earlier one.
module "export_bucket" {
  source = "../bucket"

  placement     = var.placement
  purpose       = "exports"
  expiration    = var.exports.expire ? { days = var.exports.retention_days, former_versions_days = var.exports.retention_days } : null
  require_tls   = var.require_tls
  force_destroy = var.disposable
}

# The stored copy of the user pool's signing keys.
module "signing_keys" {
  source = "../signing_keys"

  placement = var.placement
}

module "identity" {
  source = "../identity"

  name                      = var.placement.name
  deletion_protection       = !var.disposable
  tag_id_token_function_arn = "arn:${var.placement.partition}:lambda:${var.placement.region}:${var.placement.account_id}:function:${var.placement.name}-tag_id_token"
}

# Roles of tenants' sessions. They and the roles that they trust name each other without a cycle: ARNs are built from
# names. The trusted role is created first, since its ARN waits for it.

# Under web_identity it trusts no AWS principal: the API's code has no right to name a tenant.
module "tenant_role" {
  source = "../tenant_role"
  count  = var.vending_strategy == "session_policy" ? 0 : 1

  placement         = var.placement
  name              = local.tenant_role_name
  confined_by       = local.opened_by_token ? "token" : "tag"
  trusted_role_arns = local.opened_by_token ? [] : [module.function_roles.arns.api_handler]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = var.database_secrets
  endpoints         = var.endpoints

  token = local.opened_by_token ? {
    provider_arn = module.identity.oidc_provider_arn
    issuer_host  = module.identity.issuer_host
    audience     = module.identity.user_pool_client_id
    session_per  = var.session_per
  } : null
}

module "tenant_policy_role" {
  source = "../tenant_role"
  count  = var.vending_strategy == "session_policy" ? 1 : 0

  placement         = var.placement
  name              = local.tenant_role_name
  confined_by       = "session_policy"
  trusted_role_arns = [module.function_roles.arns.api_handler]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = var.database_secrets
  endpoints         = var.endpoints
}

# For what has no user's token, in every stage: offboarding erases a tenant's data in an administrator's session.
module "tenant_maintenance_role" {
  source = "../tenant_role"

  placement         = var.placement
  name              = "TenantMaintenanceRole"
  confined_by       = "tag"
  trusted_role_arns = [module.control_plane.role_arns.offboard_tenant]
  table_arn         = module.pooled_table.arn
  rights            = { read = local.rights.administer, write = local.rights.administer, administer = local.rights.administer }
  database_secrets  = var.database_secrets
  endpoints         = var.endpoints
}

module "control_plane" {
  source = "../control_plane"

  placement                   = var.placement
  registry_table_arn          = module.registry.arn
  user_pool_arn               = module.identity.user_pool_arn
  tenant_maintenance_role_arn = module.tenant_maintenance_role.arn
  writer_secret_arn           = one(var.database_secrets[*].writer_arn)
  export_bucket_arn           = module.export_bucket.arn
  rights                      = local.rights

  runtime_policies = {
    for function, policy in var.runtime_policies : function => policy
    if !contains(concat(keys(local.function_statements), local.database_functions), function)
  }
}

module "database_functions" {
  source = "../database_functions"
  count  = var.database_secrets == null ? 0 : 1

  placement        = var.placement
  secrets          = var.database_secrets
  runtime_policies = { for function, policy in var.runtime_policies : function => policy if contains(local.database_functions, function) }
}
