# The API, whose routes the package names.

locals {
  # Half of the time is API Gateway's; the other half is the authorizer's, whose code halves the same variable.
  gateway_cache_seconds = floor(var.authorizer_cache_seconds / 2)

  # Of the API's id, which is there before its answers: they name the page, and the page's policy names the API.
  api_origin = "https://${module.api.rest_api_id}.execute-api.${var.region}.${data.aws_partition.current.dns_suffix}"
}

module "api" {
  source = "../modules/api"

  placement          = local.placement
  description        = "The API of ${local.placement.name}."
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
