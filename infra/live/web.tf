# The single-page app, and the one origin whose pages may call the API.

locals {
  product     = title(replace(module.product.name, "-", " "))
  cors_origin = var.web == null ? var.cors_origin : module.web[0].origin
}

module "web" {
  source = "../modules/web"
  count  = var.web == null ? 0 : 1

  placement     = local.placement
  api_origin    = local.api_origin
  api_url       = "${local.api_origin}/${var.stage}"
  client_id     = module.core.user_pool_client_id
  stage         = var.stage
  product       = local.product
  entities      = local.package.entities
  files         = "${path.module}/../../web"
  domain        = var.web.domain
  price_class   = var.web.price_class
  force_destroy = true # what is in it, `make deploy` puts there again
}
