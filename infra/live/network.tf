# The stage's own network. Whatever does not reach the database is outside: the authorizer needs the pool's keys, which
# are on the internet.

locals {
  functions_in_vpc = ["api_handler", "migrate_database", "rotate_secret", "onboard_tenant", "offboard_tenant"]

  vpcs = var.network == null ? {} : {
    for function in local.functions_in_vpc : function => {
      subnet_ids         = module.network[0].private_subnet_ids
      security_group_ids = [module.network[0].function_security_group_ids[function]]
    }
  }
}

module "network" {
  source = "../modules/network"
  count  = var.network == null ? 0 : 1

  placement         = local.placement
  cidr              = var.network.cidr
  zones             = var.network.zones
  sessions_by_token = var.vending_strategy == "web_identity"
  user_pool_arn     = module.core.user_pool_arn
  secrets           = module.secrets.arn_patterns
  role_arns         = { for function in local.functions_in_vpc : function => module.core.role_arns[function] }
  export_bucket_arn = module.core.export_bucket_arn

  tenant_role_arn             = module.core.tenant_role_arn
  tenant_maintenance_role_arn = module.core.tenant_maintenance_role_arn

  tables = {
    pooled_arn       = module.core.table_arn
    registry_arn     = module.core.registry_table_arn
    signing_keys_arn = module.core.signing_keys_table_arn
  }

  # The functions' roles only: those of tenants' sessions name the endpoints, and wait for them.
  #
  # Lambda gives interfaces back some minutes after a function is gone, with the rights of its role, and only then can
  # the subnets go: the roles are the last to be destroyed.
  depends_on = [module.core.role_arns]
}
