# Where the page comes from: a private bucket behind CloudFront, with headers that confine the page to its own files,
# the API and the sign-in.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  origin = "https://${coalesce(one(var.domain[*].name), aws_cloudfront_distribution.this.domain_name)}"

  # A script that got into the page could load nothing, and send what it finds to the API and to Cognito only, which
  # serves everybody's user pools. The development server reads the same document.
  headers        = jsondecode(file("${path.module}/headers.json"))
  sign_in_origin = "https://cognito-idp.${var.placement.region}.amazonaws.com"
  content_security_policy = replace(
    replace(join("; ", local.headers.content_security_policy), "{api_origin}", var.api_origin),
    "{sign_in_origin}", local.sign_in_origin,
  )

  content_types = {
    html = "text/html; charset=utf-8"
    css  = "text/css; charset=utf-8"
    js   = "text/javascript; charset=utf-8"
    svg  = "image/svg+xml"
  }

  config = {
    product     = var.product
    entities    = var.entities
    api_url     = var.api_url
    cognito_url = local.sign_in_origin
    client_id   = var.client_id
    region      = var.placement.region
    stage       = var.stage
    trace_url   = null
    table       = null
  }

  # Keeps files for as long as their Cache-Control says, a second at least, and compresses them.
  # Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
}

# The page before this one can be brought back. Its bucket is encrypted with the keys of S3 in every stage: everyone may
# read the page, and a key of ours would have to trust CloudFront.
module "bucket" {
  source = "../bucket"

  placement  = merge(var.placement, { kms_key_arn = null })
  purpose    = "web"
  expiration = { former_versions_days = 90 }

  # Everybody may read the page. The distribution has its id only after the apply, and a plan must say who reads.
  distributions_arn = "arn:${var.placement.partition}:cloudfront::${var.placement.account_id}:distribution/*"
  force_destroy     = var.force_destroy
}

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = var.placement.name
  description                       = "CloudFront signs what it asks the bucket of ${var.placement.name} for."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

resource "aws_cloudfront_response_headers_policy" "this" {
  name    = var.placement.name
  comment = "Confines the page of ${var.placement.name}."

  security_headers_config {
    content_security_policy {
      content_security_policy = local.content_security_policy
      override                = true
    }

    # "nosniff", the only value that there is.
    content_type_options {
      override = true
    }

    frame_options {
      frame_option = local.headers.security_headers["X-Frame-Options"]
      override     = true
    }

    referrer_policy {
      referrer_policy = local.headers.security_headers["Referrer-Policy"]
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = 365 * 24 * 60 * 60
      include_subdomains         = true
      override                   = true
    }
  }

  custom_headers_config {
    dynamic "items" {
      for_each = local.headers.headers

      content {
        header   = items.key
        value    = items.value
        override = true
      }
    }
  }
}

# The page itself. Its files import each other by names without a version, so nobody keeps one without asking whether it
# is still the same: a new file would else meet an old one. What has not changed is not sent again. CloudFront itself asks
# within a second, the least that its policy keeps a file: for the seconds of a deployment, old and new may mix.
resource "aws_s3_object" "file" {
  for_each = fileset(var.files, "**/*.{html,css,js,svg}")

  bucket        = module.bucket.name
  key           = each.value
  source        = "${var.files}/${each.value}"
  source_hash   = filemd5("${var.files}/${each.value}")
  content_type  = local.content_types[regex("[a-z]+$", each.value)]
  cache_control = "no-cache"
}

# What differs from stage to stage, for the page to read when it starts; it is no secret.
resource "aws_s3_object" "config" {
  bucket        = module.bucket.name
  key           = "config.json"
  content       = jsonencode(local.config)
  content_type  = "application/json"
  cache_control = "no-store"
}

resource "aws_cloudfront_distribution" "this" {
  comment             = "The page of ${var.placement.name}."
  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  price_class         = var.price_class
  aliases             = var.domain[*].name
  default_root_object = "index.html"

  origin {
    origin_id                = "bucket"
    domain_name              = module.bucket.regional_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "bucket"
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  # CloudFront may read files, not list them, so S3 calls a missing one forbidden.
  custom_error_response {
    error_code            = 403
    response_code         = 404
    response_page_path    = "/index.html"
    error_caching_min_ttl = 10
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  # With its own certificate CloudFront decides on the TLS versions itself.
  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = one(var.domain[*].certificate_arn)
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
    ssl_support_method             = var.domain == null ? null : "sni-only"
  }
}
