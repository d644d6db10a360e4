# One Lambda function of the package, with a log group of its own.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name           = "${var.placement.name}-${var.function}"
  arn            = "arn:${var.placement.partition}:lambda:${var.placement.region}:${var.placement.account_id}:function:${local.name}"
  invoke_arn     = "arn:${var.placement.partition}:apigateway:${var.placement.region}:lambda:path/2015-03-31/functions/${local.arn}/invocations"
  log_group_name = "/aws/lambda/${local.name}"
  log_group_arn  = "arn:${var.placement.partition}:logs:${var.placement.region}:${var.placement.account_id}:log-group:${local.log_group_name}"
}

# Made first: Lambda would make one that keeps its lines for ever, and the function's role may not make any.
resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.placement.kms_key_arn

  lifecycle {
    postcondition {
      condition     = self.arn == local.log_group_arn
      error_message = "The log group is ${self.arn}, but policies name ${local.log_group_arn}: region, account or partition is wrong."
    }
  }
}

resource "aws_lambda_function" "this" {
  function_name = local.name
  description   = var.description
  role          = var.role_arn
  handler       = var.handler
  runtime       = var.runtime
  architectures = [var.architecture]

  filename         = var.package_path
  s3_bucket        = one(var.package_s3[*].bucket)
  s3_key           = one(var.package_s3[*].key)
  source_code_hash = var.package_sha256

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = coalesce(var.reserved_concurrency, -1)
  kms_key_arn                    = var.placement.kms_key_arn

  dynamic "environment" {
    for_each = length(var.environment) == 0 ? [] : [var.environment]

    content {
      variables = environment.value
    }
  }

  dynamic "vpc_config" {
    for_each = var.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # Text, so that the audit and metric lines arrive as the code wrote them. The format JSON would let levels be
  # filtered, and with them the audit.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  # Without tracing of its own, the function still goes on with what its caller traces, for which no right is needed.
  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The function is ${self.arn}, but policies name ${local.arn}: region, account or partition is wrong."
    }
  }
}

# Who invokes a function asynchronously learns nothing of its failure: it goes where somebody looks.
resource "aws_lambda_function_event_invoke_config" "this" {
  count = var.on_failure == null ? 0 : 1

  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = var.on_failure.maximum_retries
  maximum_event_age_in_seconds = var.on_failure.maximum_age_seconds

  destination_config {
    on_failure {
      destination = var.on_failure.destination_arn
    }
  }
}
