# The stack of one machine: the core of a real stage on the local AWS that AWS_ENDPOINT_URL names,
# without protection against deletion. It refuses any account but the local one.

provider "aws" {
  region                  = var.region
  allowed_account_ids     = [var.account_id]
  max_retries             = 2
  skip_metadata_api_check = true
  s3_use_path_style       = true # the buckets of the local AWS have no host names of their own
}

module "product" {
  source = "../modules/product"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  placement = {
    name       = "${module.product.name}-${var.stage}"
    partition  = data.aws_partition.current.partition
    region     = var.region
    account_id = data.aws_caller_identity.current.account_id
  }
}

module "core" {
  source = "../modules/core"

  placement        = local.placement
  disposable       = true
  vending_strategy = var.vending_strategy
  session_per      = var.session_per
  endpoints        = var.vpc_endpoint_id == null ? null : { sts_ids = [var.vpc_endpoint_id], data_ids = [var.vpc_endpoint_id] }
  exports          = { retention_days = 30, expire = false }
  require_tls      = false
  database_secrets = one(module.secrets[*].arn_patterns)
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
  database             = var.database
  master               = { username = var.database_master_username, password = var.database_master_password }
  reader_password      = ephemeral.aws_secretsmanager_random_password.login["reader"].random_password
  writer_password      = ephemeral.aws_secretsmanager_random_password.login["writer"].random_password
}
