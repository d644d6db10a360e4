# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement  = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  api_origin = "https://abc123.execute-api.eu-central-1.amazonaws.com"
  api_url    = "https://abc123.execute-api.eu-central-1.amazonaws.com/dev"
  client_id  = "client1"
  stage      = "dev"
  files      = "../../../web"
}

run "an_api_elsewhere_is_refused" {
  command = plan

  variables {
    api_url   = "https://elsewhere.example.com/dev"
    client_id = "client 1"
  }

  expect_failures = [var.api_url, var.client_id]
}

run "a_price_class_is_one_of_three" {
  command = plan

  variables {
    price_class = "cheap"
  }

  expect_failures = [var.price_class]
}

run "an_origin_without_tls_is_refused" {
  command = plan

  variables {
    api_origin = "http://api.example.com"
  }

  expect_failures = [var.api_origin]
}

run "an_origin_with_more_directives_is_refused" {
  command = plan

  variables {
    api_origin = "https://api.example.com; script-src *"
  }

  expect_failures = [var.api_origin]
}

run "a_certificate_elsewhere_is_refused" {
  command = plan

  variables {
    domain = {
      name            = "app.example.com"
      certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/1234"
    }
  }

  expect_failures = [var.domain]
}

run "a_domain_is_a_name" {
  command = plan

  variables {
    domain = {
      name            = "https://app.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1234"
    }
  }

  expect_failures = [var.domain]
}
