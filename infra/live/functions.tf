# The functions, all from one package, each with its own role.

locals {
  # What `make package` read from the app: its functions, its routes.
  package        = jsondecode(file("${path.module}/${var.package_dir}/api.json"))
  package_zip    = "${path.module}/${var.package_dir}/deployment.zip"
  package_sha256 = filebase64sha256(local.package_zip)

  # Another package has another name, so that a function changes exactly when its code does. Base64 as in URLs: an
  # object's name may hold '/' and '+', but they mean something to others.
  package_key = "${replace(replace(trimsuffix(local.package_sha256, "="), "/", "_"), "+", "-")}.zip"

  function_names = { for function in keys(local.package.functions) : function => "${local.placement.name}-${function}" }

  descriptions = {
    api_handler          = "The API's routes."
    tenant_authorizer    = "Turns a token into a tenant context, or refuses."
    migrate_database     = "Brings the database to the newest revision."
    rotate_secret        = "Changes the password of a login of the database."
    tag_id_token         = "Tags an id token with its user's tenant and role, before Cognito signs it."
    refresh_signing_keys = "Stores the user pool's signing keys, for functions that cannot fetch them."
  }

  # API Gateway waits 29 s for the API and no longer, Cognito 5 s for its trigger; Lambda ends whatever runs for 15
  # minutes.
  timeouts = {
    api_handler       = 29
    tenant_authorizer = 10
    migrate_database  = 300
    offboard_tenant   = 900
    tag_id_token      = 5
  }

  memory = {
    api_handler       = var.memory_mb.api
    tenant_authorizer = var.memory_mb.authorizer
    tag_id_token      = var.memory_mb.authorizer
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
}

module "function_rights" {
  source   = "../modules/function_rights"
  for_each = local.package.functions

  placement = local.placement
  function  = each.key
  in_vpc    = var.network != null && contains(local.functions_in_vpc, each.key)
  tracing   = var.tracing
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
  role_arn             = module.core.role_arns[each.key]
  memory_mb            = lookup(local.memory, each.key, var.memory_mb.control_plane)
  timeout_seconds      = lookup(local.timeouts, each.key, 60)
  environment          = local.environments[each.key]
  vpc                  = lookup(local.vpcs, each.key, null)
  log_retention_days   = var.log_retention_days
  tracing              = var.tracing
  reserved_concurrency = lookup(local.concurrency, each.key, null)
}
