# What every stage has, on AWS as on one machine: tables, users, exports, and the roles that reach them. A root adds the
# database, and what runs with these roles. The database's secrets are the root's too: they hold the database's address,
# which is known last, since its network waits for the roles.

locals {
  # One table for the authorizer, which reads the same file, and for the tenant roles.
  rights = jsondecode(file("${path.module}/../../../chalicelib/permissions.json")).rights

  database_functions = ["migrate_database", "rotate_secret"]
  tenant_role_arns   = concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)
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

# What is left of tenants that were offboarded, until it expires: with its versions, so that whoever may write an export
# cannot destroy an earlier one.
module "export_bucket" {
  source = "../bucket"

  placement     = var.placement
  purpose       = "exports"
  expiration    = var.exports.expire ? { days = var.exports.retention_days, former_versions_days = var.exports.retention_days } : null
  require_tls   = var.require_tls
  force_destroy = var.disposable
}

module "identity" {
  source = "../identity"

  name                = var.placement.name
  deletion_protection = !var.disposable
}

# Roles. The tenant roles and those that they trust, the API's and offboarding's, name each other without a cycle: their
# ARNs are built from names. The trusted role is created first, since its ARN waits for it.
#
# The API may open sessions of TenantRole in every stage: while a stage changes its strategy, containers of the former
# one still run.

module "authorizer_role" {
  source = "../authorizer_role"

  placement          = var.placement
  registry_table_arn = module.registry.arn
  runtime_policy     = lookup(var.runtime_policies, "tenant_authorizer", null)
}

module "lambda_role" {
  source = "../lambda_role"

  placement        = var.placement
  tenant_role_arns = local.tenant_role_arns
  runtime_policy   = lookup(var.runtime_policies, "api_handler", null)
}

module "tenant_role" {
  source = "../tenant_role"

  placement         = var.placement
  trusted_role_arns = [module.lambda_role.arn, module.control_plane.role_arns.offboard_tenant]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = var.database_secrets
}

module "tenant_policy_role" {
  source = "../tenant_policy_role"
  count  = var.vending_strategy == "session_policy" ? 1 : 0

  placement         = var.placement
  trusted_role_arns = [module.lambda_role.arn]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = var.database_secrets
}

# Offboarding opens sessions that IAM confines to one tenant, in every stage, and none that only a session policy does.
module "control_plane" {
  source = "../control_plane"

  placement          = var.placement
  registry_table_arn = module.registry.arn
  user_pool_arn      = module.identity.user_pool_arn
  tenant_role_arn    = module.tenant_role.arn
  writer_secret_arn  = one(var.database_secrets[*].writer_arn)
  export_bucket_arn  = module.export_bucket.arn
  rights             = local.rights

  runtime_policies = {
    for function, policy in var.runtime_policies : function => policy
    if !contains(concat(["api_handler", "tenant_authorizer"], local.database_functions), function)
  }
}

module "database_functions" {
  source = "../database_functions"
  count  = var.database_secrets == null ? 0 : 1

  placement        = var.placement
  secrets          = var.database_secrets
  runtime_policies = { for function, policy in var.runtime_policies : function => policy if contains(local.database_functions, function) }
}
