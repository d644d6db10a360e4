# The REST API: the routes of build/api.json as resources of their own, so that a plan shows a change of a route as that
# route. A request without a valid token, or of a role that may not, never reaches the handler.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  # "/items/{product_id}" needs the resource "/items" above it, whether that is a route or not.
  resources = toset(flatten([
    for path in keys(var.routes) : [
      for depth in range(length(compact(split("/", path)))) : "/${join("/", slice(compact(split("/", path)), 0, depth + 1))}"
    ]
  ]))

  # A resource cannot refer to another one of its own for_each, so each level has a block.
  level = { for depth in [1, 2, 3] : depth => toset([for path in local.resources : path if length(split("/", path)) == depth + 1]) }

  resource_ids = merge(
    { "/" = aws_api_gateway_rest_api.this.root_resource_id },
    { for path, resource in aws_api_gateway_resource.level_1 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_2 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_3 : path => resource.id },
  )

  methods = merge([
    for path, route in var.routes : {
      for method, options in route.methods : "${method} ${path}" => { path = path, method = method, authorized = options.authorized }
    }
  ]...)

  cors_headers = merge(var.cors_headers, { "Access-Control-Allow-Origin" = var.cors_origin })

  preflights = {
    for path, route in var.routes : path => merge(local.cors_headers, { "Access-Control-Allow-Methods" = route.allow_methods })
    if route.allow_methods != null
  }

  # What API Gateway itself refuses, in the words of the API. Texts of its own are never passed on: for an unknown
  # route they repeat the caller's token. IAM signs no request of this API, so a signature that is missing or wrong
  # means just that: API Gateway found no route and fell back to its default.
  # Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
  unknown_route = { status = "404", code = "NotFoundError", message = "There is no such route.", retry = false }
  # An authorizer that raises, is throttled or takes too long: no token can be judged.
  no_authorizer = { status = "503", code = "UnavailableError", message = "Your id token cannot be judged right now; try again shortly.", retry = true }

  refusals = {
    UNAUTHORIZED                   = { status = "401", code = "UnauthorizedError", message = "Sign in: this call needs a valid id token in the header Authorization: Bearer.", retry = false }
    ACCESS_DENIED                  = { status = "403", code = "ForbiddenError", message = "The role in your id token does not open this route.", retry = false }
    MISSING_AUTHENTICATION_TOKEN   = local.unknown_route
    INVALID_SIGNATURE              = local.unknown_route
    EXPIRED_TOKEN                  = local.unknown_route
    RESOURCE_NOT_FOUND             = local.unknown_route
    REQUEST_TOO_LARGE              = { status = "413", code = "BadRequestError", message = "The body may hold 6 MiB.", retry = false }
    THROTTLED                      = { status = "429", code = "TooManyRequestsError", message = "There are too many requests right now; try again shortly.", retry = true }
    AUTHORIZER_FAILURE             = local.no_authorizer
    AUTHORIZER_CONFIGURATION_ERROR = local.no_authorizer
    INTEGRATION_TIMEOUT            = { status = "504", code = "TimeoutError", message = "The answer took too long; whether the request was carried out is not known.", retry = false }
    DEFAULT_4XX                    = { status = null, code = "BadRequestError", message = "The API does not take this request.", retry = false }
    DEFAULT_5XX                    = { status = null, code = "InternalServerError", message = "An internal error occurred.", retry = false }
  }

  # No header can be given the request's id, but API Gateway's answers have it in one of their own, which pages may read.
  # Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-gateway-responses.gatewayResponse.html
  refusal_headers = merge(local.cors_headers, {
    "Access-Control-Expose-Headers" = join(",", compact([lookup(var.cors_headers, "Access-Control-Expose-Headers", ""), "x-amzn-RequestId"]))
  })

  # Everything that a deployment takes a picture of.
  definition = {
    routes       = var.routes
    refusals     = local.refusals
    cors_headers = local.cors_headers
    media_types  = var.binary_media_types
    handler      = var.handler
    authorizer   = var.authorizer
    module       = filesha256("${path.module}/main.tf")
  }
}

resource "aws_api_gateway_rest_api" "this" {
  name               = var.placement.name
  description        = var.description
  binary_media_types = var.binary_media_types

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_resource" "level_1" {
  for_each = local.level[1]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_2" {
  for_each = local.level[2]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_3" {
  for_each = local.level[3]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_authorizer" "this" {
  rest_api_id                      = aws_api_gateway_rest_api.this.id
  name                             = var.authorizer.function_name
  type                             = "TOKEN"
  authorizer_uri                   = var.authorizer.invoke_arn
  identity_source                  = "method.request.header.Authorization"
  authorizer_result_ttl_in_seconds = var.authorizer.ttl_seconds
}

resource "aws_api_gateway_method" "route" {
  for_each = local.methods

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resource_ids[each.value.path]
  http_method   = each.value.method
  authorization = each.value.authorized ? "CUSTOM" : "NONE"
  authorizer_id = each.value.authorized ? aws_api_gateway_authorizer.this.id : null
}

resource "aws_api_gateway_integration" "route" {
  for_each = local.methods

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = local.resource_ids[each.value.path]
  http_method             = aws_api_gateway_method.route[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = var.handler.invoke_arn
  passthrough_behavior    = "WHEN_NO_MATCH"
  content_handling        = "CONVERT_TO_TEXT"
}

# Browsers ask before they send a token along, and send none with that question: API Gateway answers by itself.
resource "aws_api_gateway_method" "preflight" {
  for_each = local.preflights

  rest_api_id   = aws_api_gateway_rest_api.this.id
  resource_id   = local.resource_ids[each.key]
  http_method   = "OPTIONS"
  authorization = "NONE"
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = local.resource_ids[each.key]
  http_method         = aws_api_gateway_method.preflight[each.key].http_method
  status_code         = "200"
  response_parameters = { for name in keys(each.value) : "method.response.header.${name}" => true }
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflights

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = local.resource_ids[each.key]
  http_method          = aws_api_gateway_method.preflight[each.key].http_method
  type                 = "MOCK"
  passthrough_behavior = "WHEN_NO_MATCH"
  content_handling     = "CONVERT_TO_TEXT"
  request_templates    = { "application/json" = jsonencode({ statusCode = 200 }) }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflights

  rest_api_id         = aws_api_gateway_rest_api.this.id
  resource_id         = local.resource_ids[each.key]
  http_method         = aws_api_gateway_integration.preflight[each.key].http_method
  status_code         = aws_api_gateway_method_response.preflight[each.key].status_code
  response_parameters = { for name, value in each.value : "method.response.header.${name}" => "'${value}'" }
}

resource "aws_api_gateway_gateway_response" "this" {
  for_each = local.refusals

  rest_api_id        = aws_api_gateway_rest_api.this.id
  response_type      = each.key
  status_code        = each.value.status
  response_templates = { "application/json" = jsonencode({ Code = each.value.code, Message = each.value.message }) }

  response_parameters = merge(
    { for name, value in local.refusal_headers : "gatewayresponse.header.${name}" => "'${value}'" },
    each.value.retry ? { "gatewayresponse.header.Retry-After" = "'2'" } : {},
  )
}

# A picture of the above: what is not in it is not served. A route that is taken away is still in the next picture,
# since Terraform makes that one before it destroys the route; the one after, as `apply -replace` makes it, lacks it.
# Source: https://github.com/hashicorp/terraform-provider-aws/issues/13630
resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers    = { definition = sha256(jsonencode(local.definition)) }

  depends_on = [
    aws_api_gateway_integration.route,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_gateway_response.this,
  ]

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "access" {
  count = var.access_logs == null ? 0 : 1

  name              = "/aws/apigateway/${var.placement.name}/${var.stage_name}/access"
  retention_in_days = var.access_logs.retention_days
  kms_key_id        = var.placement.kms_key_arn
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  xray_tracing_enabled = var.tracing

  # One line for each request, with both ids that an answer can have, and no header, query or body: so no token.
  dynamic "access_log_settings" {
    for_each = aws_cloudwatch_log_group.access

    content {
      destination_arn = access_log_settings.value.arn
      format = jsonencode({
        request_id             = "$context.requestId"
        integration_request_id = "$context.integration.requestId"
        time                   = "$context.requestTimeEpoch"
        source_ip              = "$context.identity.sourceIp"
        method                 = "$context.httpMethod"
        route                  = "$context.resourcePath"
        status                 = "$context.status"
        response_bytes         = "$context.responseLength"
        latency_ms             = "$context.responseLatency"
        integration_latency_ms = "$context.integration.latency"
        authorizer_latency_ms  = "$context.authorizer.latency"
        authorizer_status      = "$context.authorizer.status"
        tenant                 = "$context.authorizer.tenant"
        user_id                = "$context.authorizer.user_id"
        refusal                = "$context.error.responseType"
      })
    }
  }
}

# API Gateway's own log and traces of data would hold what callers send: tokens, items, addresses.
resource "aws_api_gateway_method_settings" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttling.rate
    throttling_burst_limit = var.throttling.burst
    logging_level          = "OFF"
    data_trace_enabled     = false
    metrics_enabled        = false
    caching_enabled        = false
  }
}

# Only this API's stage may invoke the handler, and only an authorizer of it the other function. Of the API's ARN, which
# exists before all of its parts, so that a plan says who may call.
resource "aws_lambda_permission" "handler" {
  statement_id  = "InvokeByOwnStageOnly"
  function_name = var.handler.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${var.stage_name}/*/*"
}

resource "aws_lambda_permission" "authorizer" {
  statement_id  = "InvokeByOwnAuthorizerOnly"
  function_name = var.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/authorizers/*"
}
