# What each function is told: the settings that chalicelib/config.py demands, by the same names. None is a secret.
# AWS_REGION is there in every function, and may not be set.

locals {
  jwks_url = var.aws_endpoint_url == null ? module.core.jwks_url : "${var.aws_endpoint_url}/${module.core.user_pool_id}/.well-known/jwks.json"

  database_sslmode      = var.database_server == null ? "verify-full" : var.database_server.sslmode
  backup_retention_days = var.database_server == null ? var.database_instance.backup_retention_days : var.database_server.backup_retention_days

  # An authorizer and the request that it admitted may together run for so long: 10 s and 29 s, and some more.
  request_seconds = 60

  login_environment = {
    READER_SECRET_ARN = module.secrets.reader_arn
    WRITER_SECRET_ARN = module.secrets.writer_arn
    DATABASE_SSLMODE  = local.database_sslmode
  }

  # The API and its authorizer are one application with one set of settings.
  api_environment = merge(
    local.login_environment,
    {
      TABLE_ARN                = module.core.table_arn
      VENDING_STRATEGY         = var.vending_strategy
      SESSION_PER              = var.session_per
      TENANT_ROLE_ARN          = module.core.tenant_role_arn
      CACHED_TENANTS           = tostring(var.cached_tenants)
      TOKEN_ISSUER             = module.core.token_issuer
      TOKEN_AUDIENCE           = module.core.user_pool_client_id
      JWKS_URL                 = local.jwks_url
      SIGNING_KEYS_TABLE_NAME  = module.core.signing_keys_table_name
      CORS_ORIGIN              = local.cors_origin
      DATABASE_CONNECTIONS     = tostring(var.database_pool_size)
      REGISTRY_TABLE_NAME      = module.core.registry_table_name
      AUTHORIZER_CACHE_SECONDS = tostring(var.authorizer_cache_seconds)
    },
  )

  database_environment = merge(local.login_environment, {
    MASTER_SECRET_ARN = module.secrets.master_arn
  })

  tenants_environment = merge(local.login_environment, {
    REGISTRY_TABLE_NAME         = module.core.registry_table_name
    USER_POOL_ID                = module.core.user_pool_id
    TABLE_NAME                  = module.core.table_name
    TENANT_MAINTENANCE_ROLE_ARN = module.core.tenant_maintenance_role_arn
    EXPORT_BUCKET               = module.core.export_bucket_name
    ERASE_AFTER_SECONDS         = tostring(var.authorizer_cache_seconds + local.request_seconds)
    EXPORT_RETENTION_DAYS       = tostring(var.exports.expire ? var.exports.retention_days : 0)
    BACKUP_RETENTION_DAYS       = tostring(local.backup_retention_days)
    LOG_RETENTION_DAYS          = tostring(var.log_retention_days)
  })

  # It runs while Cognito is about to sign a token, and knows nothing but its user.
  trigger_environment = {
    SESSION_PER = var.session_per
  }

  signing_keys_environment = {
    SIGNING_KEYS_TABLE_NAME = module.core.signing_keys_table_name
    TOKEN_ISSUER            = module.core.token_issuer
    JWKS_URL                = local.jwks_url
  }

  environments = merge(
    { for function in keys(local.package.functions) : function => local.tenants_environment },
    {
      api_handler          = local.api_environment
      tenant_authorizer    = local.api_environment
      migrate_database     = local.database_environment
      rotate_secret        = local.database_environment
      tag_id_token         = local.trigger_environment
      refresh_signing_keys = local.signing_keys_environment
    },
  )
}
