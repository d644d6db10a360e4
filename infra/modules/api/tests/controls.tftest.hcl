# Who reaches the handler and what everybody else is answered. The ids that AWS draws are mocked.

mock_provider "aws" {
  mock_resource "aws_api_gateway_rest_api" {
    defaults = {
      id               = "a1b2c3d4e5"
      root_resource_id = "root"
      execution_arn    = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5"
    }
  }

  mock_resource "aws_api_gateway_authorizer" {
    defaults = { id = "auth01" }
  }

  mock_resource "aws_api_gateway_stage" {
    defaults = { invoke_url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/apigateway/example-prod/live/access" }
  }
}

variables {
  placement          = { name = "example-prod", region = "eu-central-1", account_id = "123456789012" }
  description        = "The API."
  stage_name         = "live"
  binary_media_types = ["image/png"]
  cors_origin        = "https://app.example.com"
  throttling         = { rate = 50, burst = 100 }

  cors_headers = {
    "Access-Control-Allow-Headers"  = "Authorization,If-Match"
    "Access-Control-Expose-Headers" = "ETag"
    "Vary"                          = "Origin"
  }

  routes = {
    "/health" = { allow_methods = "GET,OPTIONS", methods = { GET = { authorized = false } } }
    "/things/{thing_id}" = {
      allow_methods = "GET,DELETE,OPTIONS"
      methods       = { GET = { authorized = true }, DELETE = { authorized = true } }
    }
    "/things/{thing_id}/pictures" = { methods = { POST = { authorized = true } } }
  }

  handler = {
    function_name = "handler"
    invoke_arn    = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:handler/invocations"
  }

  authorizer = {
    function_name = "authorizer"
    invoke_arn    = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:authorizer/invocations"
    ttl_seconds   = 30
  }
}

run "each_path_is_a_resource_under_the_one_above_it" {
  assert {
    condition = (
      keys(aws_api_gateway_resource.level_1) == ["/health", "/things"]
      && keys(aws_api_gateway_resource.level_2) == ["/things/{thing_id}"]
      && keys(aws_api_gateway_resource.level_3) == ["/things/{thing_id}/pictures"]
    )
    error_message = "There must be a resource for each path, and for each above it."
  }

  assert {
    condition = (
      aws_api_gateway_resource.level_2["/things/{thing_id}"].path_part == "{thing_id}"
      && aws_api_gateway_resource.level_2["/things/{thing_id}"].parent_id == aws_api_gateway_resource.level_1["/things"].id
      && aws_api_gateway_resource.level_3["/things/{thing_id}/pictures"].parent_id == aws_api_gateway_resource.level_2["/things/{thing_id}"].id
      && aws_api_gateway_resource.level_1["/things"].parent_id == "root"
    )
    error_message = "A resource must be under the one that its path names."
  }
}

run "an_authorized_route_asks_the_authorizer" {
  assert {
    condition = { for route, method in aws_api_gateway_method.route : route => "${method.authorization} ${method.authorizer_id == null ? "-" : method.authorizer_id}" } == {
      "GET /health"                      = "NONE -"
      "GET /things/{thing_id}"           = "CUSTOM auth01"
      "DELETE /things/{thing_id}"        = "CUSTOM auth01"
      "POST /things/{thing_id}/pictures" = "CUSTOM auth01"
    }
    error_message = "A route that is authorized in the app must ask the authorizer, and no other may be open."
  }

  assert {
    condition = (
      aws_api_gateway_authorizer.this.type == "TOKEN"
      && aws_api_gateway_authorizer.this.identity_source == "method.request.header.Authorization"
      && aws_api_gateway_authorizer.this.authorizer_uri == var.authorizer.invoke_arn
      && aws_api_gateway_authorizer.this.authorizer_result_ttl_in_seconds == 30
    )
    error_message = "The authorizer must be the given function, asked about the header Authorization, and its answer kept for the given time."
  }

  assert {
    condition = alltrue([
      for route, integration in aws_api_gateway_integration.route :
      integration.type == "AWS_PROXY" && integration.uri == var.handler.invoke_arn && integration.integration_http_method == "POST"
      && integration.resource_id == aws_api_gateway_method.route[route].resource_id
    ])
    error_message = "Every route must go to the handler."
  }
}

run "only_this_api_may_invoke_the_functions" {
  assert {
    condition     = aws_lambda_permission.handler.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live/*/*" && aws_lambda_permission.handler.function_name == "handler"
    error_message = "Only the API's own stage may invoke the handler: not the console's test, and no other API."
  }

  assert {
    condition     = aws_lambda_permission.authorizer.source_arn == "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/authorizers/*" && aws_lambda_permission.authorizer.function_name == "authorizer"
    error_message = "Only the API's own authorizer may invoke the authorizer function."
  }

  assert {
    condition     = alltrue([for permission in [aws_lambda_permission.handler, aws_lambda_permission.authorizer] : permission.principal == "apigateway.amazonaws.com" && permission.action == "lambda:InvokeFunction"])
    error_message = "Nobody but API Gateway may invoke them, and it may do nothing else."
  }
}

run "a_preflight_names_the_one_origin" {
  assert {
    condition     = keys(aws_api_gateway_method.preflight) == ["/health", "/things/{thing_id}"] && alltrue([for method in aws_api_gateway_method.preflight : method.http_method == "OPTIONS" && method.authorization == "NONE"])
    error_message = "A route with a preflight must answer it without a token, and no other route may."
  }

  assert {
    condition = aws_api_gateway_integration_response.preflight["/things/{thing_id}"].response_parameters == tomap({
      "method.response.header.Access-Control-Allow-Headers"  = "'Authorization,If-Match'"
      "method.response.header.Access-Control-Allow-Methods"  = "'GET,DELETE,OPTIONS'"
      "method.response.header.Access-Control-Allow-Origin"   = "'https://app.example.com'"
      "method.response.header.Access-Control-Expose-Headers" = "'ETag'"
      "method.response.header.Vary"                          = "'Origin'"
    })
    error_message = "The preflight must name the origin that was given, and the route's methods."
  }

  assert {
    condition     = keys(aws_api_gateway_method_response.preflight["/health"].response_parameters) == keys(aws_api_gateway_integration_response.preflight["/health"].response_parameters)
    error_message = "API Gateway drops headers that the method does not declare."
  }

  assert {
    condition     = aws_api_gateway_integration.preflight["/health"].type == "MOCK" && jsondecode(aws_api_gateway_integration.preflight["/health"].request_templates["application/json"]) == { statusCode = 200 }
    error_message = "API Gateway must answer by itself."
  }
}

run "refusals_look_like_the_apis_own" {
  assert {
    condition = {
      for type, response in aws_api_gateway_gateway_response.this :
      type => "${response.status_code == null ? "-" : response.status_code} ${jsondecode(response.response_templates["application/json"]).Code}"
      } == {
      UNAUTHORIZED                   = "401 UnauthorizedError"
      ACCESS_DENIED                  = "403 ForbiddenError"
      MISSING_AUTHENTICATION_TOKEN   = "404 NotFoundError"
      INVALID_SIGNATURE              = "404 NotFoundError"
      EXPIRED_TOKEN                  = "404 NotFoundError"
      RESOURCE_NOT_FOUND             = "404 NotFoundError"
      REQUEST_TOO_LARGE              = "413 BadRequestError"
      THROTTLED                      = "429 TooManyRequestsError"
      AUTHORIZER_FAILURE             = "503 UnavailableError"
      AUTHORIZER_CONFIGURATION_ERROR = "503 UnavailableError"
      INTEGRATION_TIMEOUT            = "504 TimeoutError"
      DEFAULT_4XX                    = "- BadRequestError"
      DEFAULT_5XX                    = "- InternalServerError"
    }
    error_message = "Each refusal of API Gateway must have the status and the code that the API itself would give it."
  }

  assert {
    condition     = alltrue([for response in aws_api_gateway_gateway_response.this : keys(jsondecode(response.response_templates["application/json"])) == ["Code", "Message"] && !strcontains(response.response_templates["application/json"], "$")])
    error_message = "A refusal must have Code and Message, and repeat nothing of the request."
  }

  assert {
    condition = alltrue([
      for response in aws_api_gateway_gateway_response.this :
      response.response_parameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://app.example.com'"
      && response.response_parameters["gatewayresponse.header.Vary"] == "'Origin'"
      && response.response_parameters["gatewayresponse.header.Access-Control-Expose-Headers"] == "'ETag,x-amzn-RequestId'"
    ])
    error_message = "A page must be able to read a refusal, and name it."
  }

  assert {
    condition     = [for type, response in aws_api_gateway_gateway_response.this : type if contains(keys(response.response_parameters), "gatewayresponse.header.Retry-After")] == ["AUTHORIZER_CONFIGURATION_ERROR", "AUTHORIZER_FAILURE", "THROTTLED"]
    error_message = "Retry-After belongs to what trying again can help."
  }
}

run "requests_are_limited_and_their_content_is_not_logged" {
  assert {
    condition = (
      aws_api_gateway_method_settings.this.method_path == "*/*"
      && one(aws_api_gateway_method_settings.this.settings[*].throttling_rate_limit) == 50
      && one(aws_api_gateway_method_settings.this.settings[*].throttling_burst_limit) == 100
    )
    error_message = "Every method must be throttled as asked for."
  }

  assert {
    condition     = one(aws_api_gateway_method_settings.this.settings[*].data_trace_enabled) == false && one(aws_api_gateway_method_settings.this.settings[*].logging_level) == "OFF"
    error_message = "API Gateway must not log headers and bodies: they hold tokens."
  }

  assert {
    condition     = length(aws_api_gateway_stage.this.access_log_settings) == 0 && !aws_api_gateway_stage.this.xray_tracing_enabled && output.access_log_group_name == null
    error_message = "Access logs and tracing must be off unless asked for."
  }
}

run "access_logs_name_the_tenant_and_no_token" {
  variables {
    access_logs = { retention_days = 90 }
    tracing     = true
  }

  assert {
    condition     = one(aws_cloudwatch_log_group.access[*].retention_in_days) == 90 && output.access_log_group_name == "/aws/apigateway/example-prod/live/access"
    error_message = "The lines about requests must have an end."
  }

  assert {
    condition     = jsondecode(one(aws_api_gateway_stage.this.access_log_settings[*].format)).tenant == "$context.authorizer.tenant"
    error_message = "A line must name the tenant that the authorizer verified."
  }

  assert {
    condition     = !strcontains(lower(one(aws_api_gateway_stage.this.access_log_settings[*].format)), "header") && !strcontains(one(aws_api_gateway_stage.this.access_log_settings[*].format), "$input")
    error_message = "A line must hold no header and no body: they hold tokens."
  }

  assert {
    condition     = aws_api_gateway_stage.this.xray_tracing_enabled
    error_message = "Tracing must be on when asked for."
  }
}

run "the_address_is_known" {
  assert {
    condition     = output.url == "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live" && output.origin == "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
    error_message = "The URL has the stage, the origin has not."
  }

  assert {
    condition     = aws_api_gateway_rest_api.this.endpoint_configuration[0].types == tolist(["REGIONAL"])
    error_message = "The API must be in its region: tokens take no way around."
  }
}

run "a_definition_is_deployed" {
  assert {
    condition     = can(regex("^[0-9a-f]{64}$", output.definition_sha256))
    error_message = "The deployment must follow the definition."
  }
}

run "another_route_is_another_deployment" {
  variables {
    routes = { "/health" = { allow_methods = "GET,OPTIONS", methods = { GET = { authorized = false } } } }
  }

  assert {
    condition     = output.definition_sha256 != run.a_definition_is_deployed.definition_sha256
    error_message = "A change of a route must be deployed."
  }
}

run "another_origin_is_another_deployment" {
  variables {
    cors_origin = "https://other.example.com"
  }

  assert {
    condition     = output.definition_sha256 != run.a_definition_is_deployed.definition_sha256
    error_message = "A change of the origin must be deployed."
  }
}

# What the module refuses to be given.

run "names_are_checked" {
  command = plan

  variables {
    stage_name  = "live/prod"
    cors_origin = "*"
  }

  expect_failures = [var.stage_name, var.cors_origin]
}

run "limits_are_checked" {
  command = plan

  variables {
    throttling         = { rate = 0, burst = 0 }
    access_logs        = { retention_days = 100 }
    binary_media_types = ["*/*"]
  }

  expect_failures = [var.throttling, var.access_logs, var.binary_media_types]
}

run "no_routes_are_refused" {
  command = plan

  variables {
    routes = {}
  }

  expect_failures = [var.routes]
}

run "a_path_deeper_than_the_module_makes_is_refused" {
  command = plan

  variables {
    routes = { "/a/b/c/d" = { methods = { GET = { authorized = true } } } }
  }

  expect_failures = [var.routes]
}

run "a_method_that_stands_for_all_is_refused" {
  command = plan

  variables {
    routes = { "/health" = { methods = { ANY = { authorized = true } } } }
  }

  expect_failures = [var.routes]
}

run "a_preflight_with_a_quote_is_refused" {
  command = plan

  variables {
    routes       = { "/health" = { allow_methods = "GET'", methods = { GET = { authorized = true } } } }
    cors_headers = { "Access-Control-Allow-Headers" = "it's" }
  }

  expect_failures = [var.routes, var.cors_headers]
}

run "an_origin_among_the_headers_is_refused" {
  command = plan

  variables {
    cors_headers = { "Access-Control-Allow-Origin" = "*" }
  }

  expect_failures = [var.cors_headers]
}

run "an_invoke_arn_of_another_function_is_refused" {
  command = plan

  variables {
    handler = {
      function_name = "handler"
      invoke_arn    = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:another/invocations"
    }
  }

  expect_failures = [var.handler]
}

run "an_arn_by_which_api_gateway_invokes_nothing_is_refused" {
  command = plan

  variables {
    authorizer = {
      function_name = "authorizer"
      invoke_arn    = "arn:aws:lambda:eu-central-1:123456789012:function:authorizer"
      ttl_seconds   = 30
    }
  }

  expect_failures = [var.authorizer]
}

run "an_answer_that_is_kept_too_long_is_refused" {
  command = plan

  variables {
    authorizer = {
      function_name = "authorizer"
      invoke_arn    = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:authorizer/invocations"
      ttl_seconds   = 3601
    }
  }

  expect_failures = [var.authorizer]
}

run "one_function_for_both_is_refused" {
  command = plan

  variables {
    authorizer = {
      function_name = "handler"
      invoke_arn    = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-central-1:123456789012:function:handler/invocations"
      ttl_seconds   = 30
    }
  }

  expect_failures = [var.authorizer]
}
