# A stage on AWS: the modules of the local stack, and what only AWS has: functions, API Gateway, network, web page,
# alarms. What a stage leaves out, it leaves out by a variable of its file in stages/.

provider "aws" {
  region              = var.region
  allowed_account_ids = var.account_id[*]

  default_tags {
    tags = merge(var.tags, { Project = "bulkhead", Stage = var.stage })
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  name       = "bulkhead-${var.stage}"
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition

  placement = {
    name        = local.name
    partition   = local.partition
    region      = var.region
    account_id  = local.account_id
    kms_key_arn = var.kms_key_arn
  }

  # One table for the authorizer, which reads the same file, and for the tenant roles.
  rights = jsondecode(file("${path.module}/../../chalicelib/permissions.json")).rights

  # What `make package` read from the app: its functions, its routes.
  package        = jsondecode(file("${path.module}/${var.package_dir}/api.json"))
  package_zip    = "${path.module}/${var.package_dir}/deployment.zip"
  package_sha256 = filebase64sha256(local.package_zip)

  # Another package has another name, so that a function changes exactly when its code does. Base64 as in URLs: an
  # object's name may hold '/' and '+', but they mean something to others.
  package_key = "${replace(replace(trimsuffix(local.package_sha256, "="), "/", "_"), "+", "-")}.zip"

  function_names = { for function in keys(local.package.functions) : function => "${local.name}-${function}" }

  cors_origin = var.web == null ? var.cors_origin : module.web[0].origin

  # Of the API's id, which is there before its answers: they name the page, and the page's policy names the API.
  api_origin = "https://${module.api.rest_api_id}.execute-api.${var.region}.${data.aws_partition.current.dns_suffix}"
}

module "pooled_table" {
  source = "../modules/pooled_table"

  placement           = local.placement
  deletion_protection = !var.disposable
}

module "registry" {
  source = "../modules/registry"

  placement           = local.placement
  deletion_protection = !var.disposable
}

module "export_bucket" {
  source = "../modules/bucket"

  placement     = local.placement
  purpose       = "exports"
  expiration    = var.exports.expire ? { days = var.exports.retention_days, former_versions_days = var.exports.retention_days } : null
  require_tls   = var.require_tls
  force_destroy = var.disposable
}

module "identity" {
  source = "../modules/identity"

  name                = local.name
  deletion_protection = !var.disposable
}

# Roles. The tenant roles and those that they trust, the API's and offboarding's, name each other without a cycle: their
# ARNs are built from names. The trusted role is created first, since its ARN waits for it.
#
# The API may open sessions of TenantRole in every stage: while a stage changes its strategy, containers of the former
# one still run.

module "authorizer_role" {
  source = "../modules/authorizer_role"

  placement          = local.placement
  registry_table_arn = module.registry.arn
  runtime_policy     = module.function_rights["tenant_authorizer"].policy_json
}

module "lambda_role" {
  source = "../modules/lambda_role"

  placement        = local.placement
  tenant_role_arns = concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)
  runtime_policy   = module.function_rights["api_handler"].policy_json
}

module "tenant_role" {
  source = "../modules/tenant_role"

  placement         = local.placement
  trusted_role_arns = [module.lambda_role.arn, module.control_plane.role_arns.offboard_tenant]
  table_arn         = module.pooled_table.arn
  rights            = local.rights

  database_secrets = {
    reader_arn = module.secrets.reader_arn_pattern
    writer_arn = module.secrets.writer_arn_pattern
  }
}

module "tenant_policy_role" {
  source = "../modules/tenant_policy_role"
  count  = var.vending_strategy == "session_policy" ? 1 : 0

  placement         = local.placement
  trusted_role_arns = [module.lambda_role.arn]
  table_arn         = module.pooled_table.arn
  rights            = local.rights

  database_secrets = {
    reader_arn = module.secrets.reader_arn_pattern
    writer_arn = module.secrets.writer_arn_pattern
  }
}

# Offboarding opens sessions that IAM confines to one tenant, in every stage, and none that only a session policy does.
module "control_plane" {
  source = "../modules/control_plane"

  placement          = local.placement
  registry_table_arn = module.registry.arn
  user_pool_arn      = module.identity.user_pool_arn
  tenant_role_arn    = module.tenant_role.arn
  writer_secret_arn  = module.secrets.writer_arn_pattern
  export_bucket_arn  = module.export_bucket.arn
  rights             = local.rights

  runtime_policies = {
    for function in setsubtract(keys(local.function_names), ["api_handler", "tenant_authorizer", "migrate_database", "rotate_secret"]) :
    function => module.function_rights[function].policy_json
  }
}

module "database_functions" {
  source = "../modules/database_functions"

  placement = local.placement

  runtime_policies = {
    for function in ["migrate_database", "rotate_secret"] : function => module.function_rights[function].policy_json
  }

  secrets = {
    master_arn = module.secrets.master_arn_pattern
    reader_arn = module.secrets.reader_arn_pattern
    writer_arn = module.secrets.writer_arn_pattern
  }
}

module "function_rights" {
  source   = "../modules/function_rights"
  for_each = local.function_names

  placement = local.placement
  function  = each.key
  in_vpc    = var.network != null && contains(local.functions_in_vpc, each.key)
  tracing   = var.tracing
}

# The network, and PostgreSQL in it. No other function reaches the database; the authorizer needs the pool's keys, which
# are on the internet, and is outside.

module "network" {
  source = "../modules/network"
  count  = var.network == null ? 0 : 1

  placement         = local.placement
  cidr              = var.network.cidr
  zones             = var.network.zones
  tenant_role_arns  = concat([module.tenant_role.arn], module.tenant_policy_role[*].arn)
  user_pool_arn     = module.identity.user_pool_arn
  export_bucket_arn = module.export_bucket.arn

  tables = {
    pooled_arn   = module.pooled_table.arn
    registry_arn = module.registry.arn
  }

  secrets = {
    master_arn = module.secrets.master_arn_pattern
    reader_arn = module.secrets.reader_arn_pattern
    writer_arn = module.secrets.writer_arn_pattern
  }

  role_arns = {
    api_handler      = module.lambda_role.arn
    migrate_database = module.database_functions.migrate_database_role_arn
    rotate_secret    = module.database_functions.rotate_secret_role_arn
    onboard_tenant   = module.control_plane.role_arns.onboard_tenant
    offboard_tenant  = module.control_plane.role_arns.offboard_tenant
  }

  # Lambda gives interfaces back some minutes after a function is gone, with the rights of its role, and only then can
  # the subnets go: the roles are the last to be destroyed.
  depends_on = [module.lambda_role, module.control_plane, module.database_functions]
}

module "database" {
  source = "../modules/database"

  placement               = local.placement
  master_password         = var.database_instance == null ? null : ephemeral.aws_secretsmanager_random_password.login["master"].random_password
  master_password_version = var.master_password_version

  existing = var.database_server == null ? null : {
    host = var.database_server.host
    port = var.database_server.port
    name = var.database_server.name
  }

  instance = var.database_instance == null ? null : {
    class                 = var.database_instance.class
    storage_gb            = var.database_instance.storage_gb
    max_storage_gb        = var.database_instance.max_storage_gb
    engine_version        = var.database_instance.engine_version
    multi_az              = var.database_instance.multi_az
    backup_retention_days = var.database_instance.backup_retention_days
    subnet_ids            = module.network[0].private_subnet_ids
    security_group_ids    = [module.network[0].database_security_group_id]
    database_name         = "bulkhead"
    master_username       = local.master_username
    deletion_protection   = !var.disposable
    final_snapshot        = !var.disposable
    log_retention_days    = var.log_retention_days
  }
}

locals {
  master_username = "bulkhead_master"
}

# Other passwords at every run, of which the instance and the secrets take those of a new version.
ephemeral "aws_secretsmanager_random_password" "login" {
  for_each = toset(concat(["reader", "writer"], var.database_instance == null ? [] : ["master"]))

  password_length     = 40
  exclude_punctuation = true
}

module "secrets" {
  source = "../modules/secrets"

  placement            = local.placement
  recovery_window_days = var.disposable ? 0 : 30
  master_version       = var.master_password_version
  login_version        = var.login_version
  reader_password      = ephemeral.aws_secretsmanager_random_password.login["reader"].random_password
  writer_password      = ephemeral.aws_secretsmanager_random_password.login["writer"].random_password

  database = {
    host = module.database.host
    port = module.database.port
    name = module.database.name
  }

  master = {
    username = var.database_instance == null ? var.database_master_username : local.master_username
    password = var.database_instance == null ? var.database_master_password : ephemeral.aws_secretsmanager_random_password.login["master"].random_password
  }
}

# The functions, all from one package.

locals {
  database_roles = {
    migrate_database = module.database_functions.migrate_database_role_arn
    rotate_secret    = module.database_functions.rotate_secret_role_arn
  }

  control_plane_roles = module.control_plane.role_arns

  roles = merge(local.control_plane_roles, local.database_roles, {
    api_handler       = module.lambda_role.arn
    tenant_authorizer = module.authorizer_role.arn
  })

  descriptions = {
    api_handler       = "The API's routes."
    tenant_authorizer = "Turns a token into a tenant context, or refuses."
    migrate_database  = "Brings the database to the newest revision."
    rotate_secret     = "Changes the password of a login of the database."
  }

  # API Gateway waits 29 s for the API and no longer; Lambda ends whatever runs for 15 minutes.
  timeouts = {
    api_handler       = 29
    tenant_authorizer = 10
    migrate_database  = 300
    offboard_tenant   = 900
  }

  memory = {
    api_handler       = var.memory_mb.api
    tenant_authorizer = var.memory_mb.authorizer
  }

  # What reaches the database is limited, so that its connections suffice: rotate_secret logs in as the master and as the
  # login that it changes.
  concurrency = {
    api_handler      = var.api_concurrency
    migrate_database = 1
    rotate_secret    = 2
    onboard_tenant   = 2
    offboard_tenant  = 2
  }

  functions_in_vpc = ["api_handler", "migrate_database", "rotate_secret", "onboard_tenant", "offboard_tenant"]

  vpcs = var.network == null ? {} : {
    for function in local.functions_in_vpc : function => {
      subnet_ids         = module.network[0].private_subnet_ids
      security_group_ids = [module.network[0].function_security_group_ids[function]]
    }
  }
}

# Uploaded once: Lambda takes it from here for each function. Every package can be made again from its commit.
module "package_bucket" {
  source = "../modules/bucket"

  placement     = merge(local.placement, { kms_key_arn = null })
  purpose       = "package"
  versioned     = false
  require_tls   = var.require_tls
  force_destroy = true
}

resource "aws_s3_object" "package" {
  bucket       = module.package_bucket.name
  key          = local.package_key
  source       = local.package_zip
  source_hash  = local.package_sha256
  content_type = "application/zip"

  # An object takes ten tags, and a stage may have more.
  override_provider {
    default_tags {
      tags = {}
    }
  }
}

module "function" {
  source   = "../modules/function"
  for_each = local.package.functions

  placement            = local.placement
  function             = each.key
  description          = lookup(local.descriptions, each.key, "The function ${each.key} of the control plane.")
  handler              = each.value
  runtime              = local.package.runtime
  architecture         = local.package.architecture
  package_s3           = { bucket = aws_s3_object.package.bucket, key = aws_s3_object.package.key }
  package_sha256       = local.package_sha256
  role_arn             = local.roles[each.key]
  memory_mb            = lookup(local.memory, each.key, var.memory_mb.control_plane)
  timeout_seconds      = lookup(local.timeouts, each.key, 60)
  environment          = local.environments[each.key]
  vpc                  = lookup(local.vpcs, each.key, null)
  log_retention_days   = var.log_retention_days
  tracing              = var.tracing
  reserved_concurrency = lookup(local.concurrency, each.key, null)

  # Lambda makes and takes away a function's network interfaces with the rights of its role, so that these must be there
  # earlier and go later. The roles' ARNs wait for the roles alone.
  depends_on = [module.lambda_role, module.authorizer_role, module.control_plane, module.database_functions]
}

# Secrets Manager alone may call it, and for these two secrets.
resource "aws_lambda_permission" "rotation" {
  for_each = local.rotated

  statement_id   = "RotateSecretOf${title(each.key)}"
  action         = "lambda:InvokeFunction"
  function_name  = module.function["rotate_secret"].name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.account_id
  source_arn     = each.value
}

# Not at once: the logins are in the database only after migrate_database has run.
resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = local.rotated

  secret_id           = each.value
  rotation_lambda_arn = module.function["rotate_secret"].arn
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = var.secret_rotation_days
  }

  depends_on = [aws_lambda_permission.rotation]
}

locals {
  rotated = var.secret_rotation_days == null ? {} : {
    reader = module.secrets.reader_arn
    writer = module.secrets.writer_arn
  }
}

locals {
  # Half of the time is API Gateway's; the other half is the authorizer's, whose code halves the same variable.
  gateway_cache_seconds = floor(var.authorizer_cache_seconds / 2)
}

module "api" {
  source = "../modules/api"

  placement          = local.placement
  description        = "The API of ${local.name}."
  stage_name         = var.stage
  routes             = local.package.routes
  cors_headers       = local.package.cors_headers
  cors_origin        = local.cors_origin
  binary_media_types = local.package.binary_media_types
  throttling         = var.throttling
  tracing            = var.tracing

  handler = {
    function_name = module.function["api_handler"].name
    invoke_arn    = module.function["api_handler"].invoke_arn
  }

  authorizer = {
    function_name = module.function[local.package.authorizer].name
    invoke_arn    = module.function[local.package.authorizer].invoke_arn
    ttl_seconds   = local.gateway_cache_seconds
  }

  access_logs = var.access_logs ? {
    retention_days = var.log_retention_days
  } : null
}

module "web" {
  source = "../modules/web"
  count  = var.web == null ? 0 : 1

  placement     = local.placement
  api_origin    = local.api_origin
  api_url       = "${local.api_origin}/${var.stage}"
  client_id     = module.identity.user_pool_client_id
  stage         = var.stage
  files         = "${path.module}/../../web"
  domain        = var.web.domain
  price_class   = var.web.price_class
  force_destroy = true # what is in it, `make deploy` puts there again
}

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

  # Other functions raise errors to refuse what they are asked, which alarms nobody. No function is invoked without
  # somebody who waits for its answer, Secrets Manager included, so there are no dead letters.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/with-secrets-manager.html
  functions = {
    for function, made in module.function : function => {
      name            = made.name
      log_group_name  = made.log_group_name
      alarm_on_errors = contains(["api_handler", "rotate_secret"], function)
    }
  }
  denied_access_functions = ["api_handler", "offboard_tenant"]

  tables = {
    pooled   = module.pooled_table.name
    registry = module.registry.name
  }

  database = var.database_instance == null ? null : {
    identifier      = local.name
    storage_gb      = var.database_instance.storage_gb
    max_connections = var.database_max_connections
  }
}
