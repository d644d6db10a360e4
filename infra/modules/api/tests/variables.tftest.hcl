# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement          = { name = "bulkhead-prod", region = "eu-central-1", account_id = "123456789012" }
  description        = "The API."
  stage_name         = "live"
  binary_media_types = []
  cors_origin        = "https://app.example.com"
  cors_headers       = { "Vary" = "Origin" }
  throttling         = { rate = 50, burst = 100 }
  routes             = { "/health" = { allow_methods = "GET,OPTIONS", methods = { GET = { authorized = false } } } }

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
