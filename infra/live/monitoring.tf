# What raises an alarm.

module "alarms" {
  source = "../modules/alarms"
  count  = var.alarms == null ? 0 : 1

  placement = local.placement
  email     = var.alarms.email

  api = {
    name                  = module.api.name
    stage_name            = module.api.stage_name
    access_log_group_name = module.api.access_log_group_name
  }

  # Other functions raise errors to refuse what they are asked, which alarms nobody. One alone is invoked without
  # somebody who waits for its answer, who is Secrets Manager for rotation; what it could not do, its next hour does, so
  # there are no dead letters.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html
  functions = {
    for function, made in module.function : function => {
      name            = made.name
      log_group_name  = made.log_group_name
      alarm_on_errors = contains(["api_handler", "rotate_secret", "tag_id_token", "refresh_signing_keys"], function)
      asynchronous    = function == "refresh_signing_keys"
    }
  }
  denied_access_functions = ["api_handler", "offboard_tenant"]

  tables = {
    pooled       = module.core.table_name
    registry     = module.core.registry_table_name
    signing-keys = module.core.signing_keys_table_name
  }

  database = var.database_instance == null ? null : {
    identifier      = local.placement.name
    storage_gb      = var.database_instance.storage_gb
    max_connections = var.database_max_connections
  }
}
