# The stack of one machine: the modules of a real stage on the local AWS that AWS_ENDPOINT_URL names,
# without protection against deletion. It refuses any account but the local one.

provider "aws" {
  region                  = var.region
  allowed_account_ids     = [var.account_id]
  max_retries             = 2
  skip_metadata_api_check = true
  s3_use_path_style       = true # the buckets of the local AWS have no host names of their own
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name       = "bulkhead-${var.stage}"
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  placement = {
    name       = local.name
    partition  = local.partition
    region     = var.region
    account_id = local.account_id
  }

  # One table for the authorizer, which reads the same file, and for the tenant roles.
  rights = jsondecode(file("${path.module}/../../chalicelib/permissions.json")).rights

  tenant_database_secrets = var.database == null ? null : {
    reader_arn = module.secrets[0].reader_arn_pattern
    writer_arn = module.secrets[0].writer_arn_pattern
  }
}

module "pooled_table" {
  source = "../modules/pooled_table"

  placement           = local.placement
  deletion_protection = false
}

module "registry" {
  source = "../modules/registry"

  placement           = local.placement
  deletion_protection = false
}

module "export_bucket" {
  source = "../modules/bucket"

  placement     = local.placement
  purpose       = "exports"
  require_tls   = false
  force_destroy = true
}

module "identity" {
  source = "../modules/identity"

  name                = local.name
  deletion_protection = false
}

module "authorizer_role" {
  source = "../modules/authorizer_role"

  placement          = local.placement
  registry_table_arn = module.registry.arn
}

# The tenant roles and those that they trust, the API's and offboarding's, name each other without a cycle: their ARNs
# are built from names. The trusted role is created first, since its ARN waits for it.
#
# The API may open sessions of TenantRole in every stage: while a stage changes its strategy, containers
# of the former one still run.
module "lambda_role" {
  source = "../modules/lambda_role"

  placement        = local.placement
  tenant_role_arns = concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)
}

module "tenant_role" {
  source = "../modules/tenant_role"

  placement         = local.placement
  trusted_role_arns = [module.lambda_role.arn, module.control_plane.role_arns.offboard_tenant]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = local.tenant_database_secrets
}

module "tenant_policy_role" {
  source = "../modules/tenant_policy_role"
  count  = var.vending_strategy == "session_policy" ? 1 : 0

  placement         = local.placement
  trusted_role_arns = [module.lambda_role.arn]
  table_arn         = module.pooled_table.arn
  rights            = local.rights
  database_secrets  = local.tenant_database_secrets
}

# Offboarding opens sessions that IAM confines to one tenant, in every stage, and none that only a session policy does.
module "control_plane" {
  source = "../modules/control_plane"

  placement          = local.placement
  registry_table_arn = module.registry.arn
  user_pool_arn      = module.identity.user_pool_arn
  tenant_role_arn    = module.tenant_role.arn
  writer_secret_arn  = one(module.secrets[*].writer_arn_pattern)
  export_bucket_arn  = module.export_bucket.arn
  rights             = local.rights
}

module "database" {
  source = "../modules/database"
  count  = var.database == null ? 0 : 1

  placement = local.placement
  existing  = var.database
}

# Other passwords at every run, of which the secrets take the first.
ephemeral "aws_secretsmanager_random_password" "login" {
  for_each = var.database == null ? toset([]) : toset(["reader", "writer"])

  password_length     = 40
  exclude_punctuation = true
}

module "secrets" {
  source = "../modules/secrets"
  count  = var.database == null ? 0 : 1

  placement            = local.placement
  recovery_window_days = 0

  database = {
    host = module.database[0].host
    port = module.database[0].port
    name = module.database[0].name
  }

  master = {
    username = var.database_master_username
    password = var.database_master_password
  }
  reader_password = ephemeral.aws_secretsmanager_random_password.login["reader"].random_password
  writer_password = ephemeral.aws_secretsmanager_random_password.login["writer"].random_password
}

module "database_functions" {
  source = "../modules/database_functions"
  count  = var.database == null ? 0 : 1

  placement = local.placement

  secrets = {
    master_arn = module.secrets[0].master_arn_pattern
    reader_arn = module.secrets[0].reader_arn_pattern
    writer_arn = module.secrets[0].writer_arn_pattern
  }
}
