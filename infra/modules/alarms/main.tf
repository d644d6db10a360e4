# What somebody must look at: one topic, and an alarm for each way in which the stage fails or is attacked. Every alarm
# is for what should not happen at all, unless its threshold says otherwise, and falls silent when it is over.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  topic_arn = "arn:${var.placement.partition}:sns:${var.placement.region}:${var.placement.account_id}:${var.placement.name}-alarms"

  minutes_5 = 5 * 60

  # What API Gateway's own metrics do not tell apart, and its access log does: throttles from all other 4xx, and an
  # authorizer that fails from one that refuses a token, which Lambda counts as an error too.
  access_log_alarms = {
    for key, alarm in {
      api-throttles = {
        metric      = "ApiThrottles"
        pattern     = "{ $.status = \"429\" }"
        threshold   = var.thresholds.api_throttles
        description = "More than ${var.thresholds.api_throttles} requests were answered 429 in five minutes."
      }
      authorizer-failures = {
        metric      = "AuthorizerFailures"
        pattern     = "{ $.refusal = \"AUTHORIZER_FAILURE\" || $.refusal = \"AUTHORIZER_CONFIGURATION_ERROR\" }"
        threshold   = 0
        description = "The authorizer could not judge a token, good or bad: its log says why."
      }
    } : key => alarm if var.api.access_log_group_name != null
  }

  # The parts of an alarm that several have in common, by the name of each.
  function_alarms = merge(
    {
      for key, function in var.functions : "throttles-${key}" => {
        function    = function.name
        metric      = "Throttles"
        description = "${function.name} was called more often at once than it may run: callers were refused."
      }
    },
    {
      for key, function in var.functions : "errors-${key}" => {
        function    = function.name
        metric      = "Errors"
        description = "${function.name} failed or ran out of time: its log says why."
      } if function.alarm_on_errors
    },
    {
      for key, function in var.functions : "dropped-${key}" => {
        function    = function.name
        metric      = "AsyncEventsDropped"
        description = "Lambda gave up an event of ${function.name}, which failed at every attempt."
      } if function.asynchronous
    },
  )
}

# Not encrypted with a key: CloudWatch could not use the one of SNS, and what alarms say holds no tenant's data.
resource "aws_sns_topic" "this" {
  name = "${var.placement.name}-alarms"

  lifecycle {
    postcondition {
      condition     = self.arn == local.topic_arn
      error_message = "The topic is ${self.arn}, but policies name ${local.topic_arn}: region, account or partition is wrong."
    }
  }
}

resource "aws_sns_topic_policy" "own_alarms_only" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OwnAlarmsOnly"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["sns:Publish"]
        Resource  = [local.topic_arn]
        Condition = {
          ArnLike      = { "aws:SourceArn" = "arn:${var.placement.partition}:cloudwatch:${var.placement.region}:${var.placement.account_id}:alarm:${var.placement.name}-*" }
          StringEquals = { "aws:SourceAccount" = var.placement.account_id }
        }
      },
    ]
  })
}

# AWS asks whoever reads there, before it sends anything else.
resource "aws_sns_topic_subscription" "email" {
  count = var.email == null ? 0 : 1

  topic_arn = aws_sns_topic_policy.own_alarms_only.arn
  protocol  = "email"
  endpoint  = var.email
}

resource "aws_cloudwatch_metric_alarm" "api_errors" {
  alarm_name          = "${var.placement.name}-api-errors"
  alarm_description   = "More than ${var.thresholds.api_error_percent} percent of requests were answered 5xx in two of three periods of five minutes."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.api_error_percent / 100
  namespace           = "AWS/ApiGateway"
  metric_name         = "5XXError"
  statistic           = "Average"
  dimensions          = { ApiName = var.api.name, Stage = var.api.stage_name }
  period              = local.minutes_5
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_log_metric_filter" "access_log" {
  for_each = local.access_log_alarms

  name           = "${var.placement.name}-${each.key}"
  log_group_name = var.api.access_log_group_name
  pattern        = each.value.pattern

  metric_transformation {
    namespace = var.placement.name
    name      = each.value.metric
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "access_log" {
  for_each = aws_cloudwatch_log_metric_filter.access_log

  alarm_name          = "${var.placement.name}-${each.key}"
  alarm_description   = local.access_log_alarms[each.key].description
  comparison_operator = "GreaterThanThreshold"
  threshold           = local.access_log_alarms[each.key].threshold
  namespace           = each.value.metric_transformation[0].namespace
  metric_name         = each.value.metric_transformation[0].name
  statistic           = "Sum"
  period              = local.minutes_5
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = local.function_alarms

  alarm_name          = "${var.placement.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  statistic           = "Sum"
  dimensions          = { FunctionName = each.value.function }
  period              = local.minutes_5
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# IAM refused a tenant's session: either a bug named another tenant's key, or somebody tries. Or the code refused what an
# earlier request had opened, which is always a bug. The audit log, which chalicelib/tenancy/audit.py writes, has one
# line for each, with the tenant, the user and the request id.
resource "aws_cloudwatch_log_metric_filter" "access_denied" {
  for_each = var.denied_access_functions

  name           = "${var.placement.name}-access-denied-${each.key}"
  log_group_name = var.functions[each.key].log_group_name
  pattern        = "{ $.service = \"audit\" && ($.reason = \"TenantAccessDeniedError\" || $.reason = \"HandleClosedError\") }"

  metric_transformation {
    namespace = var.placement.name
    name      = "TenantAccessDenied"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "access_denied" {
  alarm_name          = "${var.placement.name}-access-denied"
  alarm_description   = "A tenant's session was refused data that is not its own, or code used what it had opened for an earlier request: the audit lines with the reason TenantAccessDeniedError or HandleClosedError say whose. The smoke test of a deployment raises it once, for a tenant smoke-…."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  namespace           = var.placement.name
  metric_name         = "TenantAccessDenied"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  depends_on = [aws_cloudwatch_log_metric_filter.access_denied]
}

resource "aws_cloudwatch_metric_alarm" "table_throttles" {
  for_each = var.tables

  alarm_name          = "${var.placement.name}-table-throttles-${each.key}"
  alarm_description   = "DynamoDB refused requests to ${each.value} for being too many in too short a time."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]

  # A period without throttled reads has no number of them, rather than zero.
  metric_query {
    id          = "throttles"
    expression  = "FILL(reads, 0) + FILL(writes, 0)"
    label       = "Throttled requests"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value
        dimensions  = { TableName = each.value }
        period      = local.minutes_5
        stat        = "Sum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = var.dead_letter_queues

  alarm_name          = "${var.placement.name}-dead-letters-${each.key}"
  alarm_description   = "${each.value} holds events that nobody could handle."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  statistic           = "Maximum"
  dimensions          = { QueueName = each.value }
  period              = local.minutes_5
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# RDS adds storage when less than a tenth is free: less than half of that means that it may not, or not fast enough.
# Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
resource "aws_cloudwatch_metric_alarm" "database_storage" {
  count = var.database == null ? 0 : 1

  alarm_name          = "${var.placement.name}-database-storage"
  alarm_description   = "Less than 5 percent of the ${var.database.storage_gb} GB that the database of ${var.placement.name} began with are free: its storage has reached its limit, or fills faster than it grows."
  comparison_operator = "LessThanThreshold"
  threshold           = var.database.storage_gb * pow(1024, 3) / 20
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  statistic           = "Minimum"
  dimensions          = { DBInstanceIdentifier = var.database.identifier }
  period              = local.minutes_5
  evaluation_periods  = 3
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_cloudwatch_metric_alarm" "database_connections" {
  count = var.database == null ? 0 : 1

  alarm_name          = "${var.placement.name}-database-connections"
  alarm_description   = "More than ${var.thresholds.connection_percent} percent of the ${var.database.max_connections} connections that the database of ${var.placement.name} takes are open."
  comparison_operator = "GreaterThanThreshold"
  threshold           = floor(var.database.max_connections * var.thresholds.connection_percent / 100)
  namespace           = "AWS/RDS"
  metric_name         = "DatabaseConnections"
  statistic           = "Maximum"
  dimensions          = { DBInstanceIdentifier = var.database.identifier }
  period              = local.minutes_5
  evaluation_periods  = 1
  treat_missing_data  = "missing"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}
