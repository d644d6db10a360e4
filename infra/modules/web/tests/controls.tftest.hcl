# Who reads the page's files, and what the page may do. The mock draws what CloudFront would.

mock_provider "aws" {
  mock_resource "aws_s3_bucket" {
    defaults = { arn = "arn:aws:s3:::example-web-123456789012" }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      arn         = "arn:aws:cloudfront::123456789012:distribution/E1234567890ABC"
      domain_name = "d111111abcdef8.cloudfront.net"
    }
  }
}

variables {
  placement  = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  api_origin = "https://abc123.execute-api.eu-central-1.amazonaws.com"
  api_url    = "https://abc123.execute-api.eu-central-1.amazonaws.com/dev"
  client_id  = "client1"
  stage      = "dev"
  product    = "Example"
  entities   = [{ name = "people", title = "People", writers = ["admin"] }, { name = "things", title = "Things", writers = [] }]
  files      = "../web/tests/page"
}

run "a_browser_confines_the_page" {
  command = plan

  assert {
    condition = output.content_security_policy == join("; ", [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
      "connect-src 'self' https://abc123.execute-api.eu-central-1.amazonaws.com https://cognito-idp.eu-central-1.amazonaws.com",
      "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
      "require-trusted-types-for 'script'", "trusted-types 'none'",
    ])
    error_message = "The page must run its own scripts only, and connect to the API and the sign-in only."
  }

  assert {
    condition = (
      one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy).content_security_policy == output.content_security_policy
      && one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].frame_options).frame_option == "DENY"
      && one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].referrer_policy).referrer_policy == "no-referrer"
      && one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].strict_transport_security).access_control_max_age_sec == 31536000
      && length(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_type_options) == 1
    )
    error_message = "The headers must hold the policy, and forbid frames, referrers, guessed types and plain HTTP."
  }

  assert {
    condition = alltrue([
      for header in flatten([for kind in values(aws_cloudfront_response_headers_policy.this.security_headers_config[0]) : kind]) : header.override
      ]) && alltrue([
      for header in aws_cloudfront_response_headers_policy.this.custom_headers_config[0].items : header.override
    ])
    error_message = "No file may bring headers of its own instead."
  }

  assert {
    condition = local.headers.security_headers == {
      "Referrer-Policy"        = one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].referrer_policy).referrer_policy
      "X-Content-Type-Options" = "nosniff"
      "X-Frame-Options"        = one(aws_cloudfront_response_headers_policy.this.security_headers_config[0].frame_options).frame_option
    }
    error_message = "CloudFront must send what the development server sends, and no header be left out."
  }
}

run "the_page_is_uploaded_and_knows_its_stage" {
  command = plan

  assert {
    condition = (
      contains(keys(aws_s3_object.file), "index.html")
      && alltrue([for file in aws_s3_object.file : file.cache_control == "no-cache"])
      && aws_s3_object.file["js/main.js"].content_type == "text/javascript; charset=utf-8"
      && aws_s3_object.file["js/entities/things.js"].content_type == "text/javascript; charset=utf-8"
      && aws_s3_object.config.cache_control == "no-store"
    )
    error_message = "Every file must come with its type, and none be kept without asking whether it is still the same."
  }

  assert {
    condition = jsondecode(aws_s3_object.config.content) == {
      product     = "Example"
      entities    = [{ name = "people", title = "People", writers = ["admin"] }, { name = "things", title = "Things", writers = [] }]
      api_url     = "https://abc123.execute-api.eu-central-1.amazonaws.com/dev"
      cognito_url = "https://cognito-idp.eu-central-1.amazonaws.com"
      client_id   = "client1"
      region      = "eu-central-1"
      stage       = "dev"
      trace_url   = null
      table       = null
    }
    error_message = "The page must be told the entities in their order, the stage's own API and sign-in, and no trace: only a development stage has one."
  }
}

run "a_former_page_can_be_brought_back" {
  command = plan

  assert {
    condition     = jsonencode(module.bucket.kept) == jsonencode({ versioned = true, expiration = { days = null, former_versions_days = 90 }, require_tls = true, force_destroy = false })
    error_message = "A former page must be kept for 90 days, and the bucket not be deleted with files in it."
  }
}

run "own_distributions_alone_read_the_files" {
  assert {
    condition = [for s in jsondecode(module.bucket.policy).Statement : "${s.Effect} ${try(s.Condition.ArnLike["aws:SourceArn"], "who has no TLS")}"] == [
      "Allow arn:aws:cloudfront::123456789012:distribution/*", "Deny who has no TLS",
    ]
    error_message = "The account's own distributions must read files, nobody else, and nobody without TLS."
  }

  assert {
    condition = (
      one(aws_cloudfront_distribution.this.origin).origin_access_control_id == aws_cloudfront_origin_access_control.this.id
      && one(aws_cloudfront_distribution.this.origin).domain_name == module.bucket.regional_domain_name
      && aws_cloudfront_origin_access_control.this.signing_behavior == "always"
    )
    error_message = "CloudFront must sign every request to the bucket."
  }
}

run "everyone_gets_the_page_by_https_only" {
  assert {
    condition = (
      aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
      && toset(aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods) == toset(["GET", "HEAD"])
      && aws_cloudfront_distribution.this.default_cache_behavior[0].response_headers_policy_id == aws_cloudfront_response_headers_policy.this.id
      && length(aws_cloudfront_distribution.this.ordered_cache_behavior) == 0
    )
    error_message = "Every file must be read by HTTPS only, and come with the headers."
  }

  assert {
    condition     = [output.origin, output.bucket_name] == ["https://d111111abcdef8.cloudfront.net", "example-web-123456789012"]
    error_message = "The origin must be what CloudFront has named the distribution."
  }
}

run "a_stage_has_its_own_domain" {
  command = plan

  variables {
    domain = {
      name            = "app.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11112222-3333-4444-5555-666677778888"
    }
  }

  assert {
    condition = (
      output.origin == "https://app.example.com"
      && aws_cloudfront_distribution.this.aliases == toset(["app.example.com"])
      && aws_cloudfront_distribution.this.viewer_certificate[0].acm_certificate_arn == var.domain.certificate_arn
      && aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021"
    )
    error_message = "The page must be at its domain, with its certificate, by TLS 1.2 or later."
  }
}

# What the module refuses to be given.

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

run "an_entity_without_a_module_is_refused" {
  command = plan

  variables {
    entities = [{ name = "ghosts", title = "Ghosts", writers = [] }]
  }

  expect_failures = [var.entities]
}

# A file is there: js/main.js.
run "an_entitys_name_is_no_path" {
  command = plan

  variables {
    entities = [{ name = "../main", title = "Main", writers = [] }]
  }

  expect_failures = [var.entities]
}

run "an_entity_is_listed_once" {
  command = plan

  variables {
    entities = [{ name = "things", title = "Things", writers = [] }, { name = "things", title = "Again", writers = [] }]
  }

  expect_failures = [var.entities]
}

run "an_entity_has_a_title" {
  command = plan

  variables {
    entities = [{ name = "things", title = " ", writers = [] }]
  }

  expect_failures = [var.entities]
}

run "a_product_has_a_name" {
  command = plan

  variables {
    product = ""
  }

  expect_failures = [var.product]
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
