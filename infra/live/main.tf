# A stage on AWS: the core of every stage, and what only AWS has: functions, API Gateway, network, web page, alarms. What a
# stage leaves out, it leaves out by a variable of its file in stages/.

provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_id[*]

  default_tags {
    tags = local.tags
  }
}

module "product" {
  source = "../modules/product"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  tags = merge(var.tags, { Project = module.product.name, Stage = var.stage })

  placement = {
    name        = "${module.product.name}-${var.stage}"
    partition   = data.aws_partition.current.partition
    region      = var.region
    account_id  = data.aws_caller_identity.current.account_id
    kms_key_arn = var.kms_key_arn
  }
}

module "core" {
  source = "../modules/core"

  placement        = local.placement
  disposable       = var.disposable
  vending_strategy = var.vending_strategy
  session_per      = var.session_per
  endpoints        = one(module.network[*].session_endpoints)
  exports          = var.exports
  require_tls      = var.require_tls
  database_secrets = module.secrets.arn_patterns
  runtime_policies = { for function, rights in module.function_rights : function => rights.policy_json }
}
