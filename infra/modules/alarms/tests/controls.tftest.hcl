# What raises an alarm, and who hears of it, read from the plan alone but for the topic's ARN, which the mock draws.

mock_provider "aws" {
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-central-1:123456789012:example-alarms" }
  }
}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }

  api = {
    name                  = "example"
    stage_name            = "v1"
    access_log_group_name = "/aws/apigateway/example"
  }
  functions = {
    api_handler   = { name = "example-api_handler", log_group_name = "/aws/lambda/example-api_handler", alarm_on_errors = true }
    authorizer    = { name = "example-authorizer", log_group_name = "/aws/lambda/example-authorizer", alarm_on_errors = true }
    rotate_secret = { name = "example-rotate_secret", log_group_name = "/aws/lambda/example-rotate_secret", alarm_on_errors = true, asynchronous = true }
    set_role      = { name = "example-set_role", log_group_name = "/aws/lambda/example-set_role" }
  }
  denied_access_functions = ["api_handler"]
  tables                  = { pooled = "example", registry = "example-tenants" }
  database = {
    identifier      = "example"
    storage_gb      = 20
    max_connections = 200
  }
}

run "there_is_an_alarm_for_each_way_to_fail" {
  command = plan

  assert {
    condition = output.alarm_names == sort([
      "example-access-denied",
      "example-api-errors",
      "example-api-throttles",
      "example-authorizer-failures",
      "example-database-connections",
      "example-database-storage",
      "example-dropped-rotate_secret",
      "example-errors-api_handler",
      "example-errors-authorizer",
      "example-errors-rotate_secret",
      "example-table-throttles-pooled",
      "example-table-throttles-registry",
      "example-throttles-api_handler",
      "example-throttles-authorizer",
      "example-throttles-rotate_secret",
      "example-throttles-set_role",
    ])
    error_message = "Each failure must have its alarm, and a function that refuses on purpose none for its errors."
  }
}

run "a_tenants_session_that_is_refused_raises_an_alarm" {
  command = plan

  assert {
    condition = { for key, filter in aws_cloudwatch_log_metric_filter.access_denied : filter.log_group_name => filter.pattern } == {
      "/aws/lambda/example-api_handler" = "{ $.service = \"audit\" && ($.reason = \"TenantAccessDeniedError\" || $.reason = \"HandleClosedError\") }"
    }
    error_message = "The audit lines of refused sessions, and of handles that were kept, must be counted, in the log of each function that opens sessions."
  }

  assert {
    condition = (
      [for filter in aws_cloudwatch_log_metric_filter.access_denied : one(filter.metric_transformation[*])]
      == [for filter in aws_cloudwatch_log_metric_filter.access_denied : merge(one(filter.metric_transformation[*]), {
        namespace = aws_cloudwatch_metric_alarm.access_denied.namespace
        name      = aws_cloudwatch_metric_alarm.access_denied.metric_name
        value     = "1"
      })]
      && aws_cloudwatch_metric_alarm.access_denied.threshold == 0
      && aws_cloudwatch_metric_alarm.access_denied.comparison_operator == "GreaterThanThreshold"
      && aws_cloudwatch_metric_alarm.access_denied.statistic == "Sum"
      && aws_cloudwatch_metric_alarm.access_denied.period == 60
    )
    error_message = "The first refusal in a minute must raise the alarm."
  }
}

run "requests_that_fail_or_are_throttled_raise_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.api_errors.metric_name == "5XXError"
      && aws_cloudwatch_metric_alarm.api_errors.dimensions == tomap({ ApiName = "example", Stage = "v1" })
      && aws_cloudwatch_metric_alarm.api_errors.statistic == "Average"
      && aws_cloudwatch_metric_alarm.api_errors.threshold == 0.01
    )
    error_message = "More than one percent of 5xx must raise an alarm."
  }

  assert {
    condition = (
      alltrue([for filter in values(aws_cloudwatch_log_metric_filter.access_log) : filter.log_group_name == "/aws/apigateway/example"])
      && { for key, filter in aws_cloudwatch_log_metric_filter.access_log : key => filter.pattern } == {
        api-throttles       = "{ $.status = \"429\" }"
        authorizer-failures = "{ $.refusal = \"AUTHORIZER_FAILURE\" || $.refusal = \"AUTHORIZER_CONFIGURATION_ERROR\" }"
      }
      && alltrue([
        for key, filter in aws_cloudwatch_log_metric_filter.access_log :
        aws_cloudwatch_metric_alarm.access_log[key].metric_name == filter.metric_transformation[0].name
        && aws_cloudwatch_metric_alarm.access_log[key].namespace == filter.metric_transformation[0].namespace
      ])
      && aws_cloudwatch_metric_alarm.access_log["authorizer-failures"].threshold == 0
    )
    error_message = "Answers 429, and tokens that could not be judged, must be counted in the access log."
  }

  assert {
    condition = {
      for key, alarm in aws_cloudwatch_metric_alarm.function :
      key => "${alarm.namespace} ${alarm.metric_name} ${alarm.dimensions.FunctionName} ${alarm.comparison_operator} ${alarm.threshold}"
      if !startswith(key, "throttles-")
      } == {
      errors-api_handler    = "AWS/Lambda Errors example-api_handler GreaterThanThreshold 0"
      errors-authorizer     = "AWS/Lambda Errors example-authorizer GreaterThanThreshold 0"
      errors-rotate_secret  = "AWS/Lambda Errors example-rotate_secret GreaterThanThreshold 0"
      dropped-rotate_secret = "AWS/Lambda AsyncEventsDropped example-rotate_secret GreaterThanThreshold 0"
    }
    error_message = "A function's first failure must raise its alarm."
  }

  assert {
    condition = alltrue([
      for key, table in var.tables :
      toset([for query in aws_cloudwatch_metric_alarm.table_throttles[key].metric_query : try("${query.metric[0].metric_name} ${query.metric[0].dimensions.TableName}", query.expression)])
      == toset(["FILL(reads, 0) + FILL(writes, 0)", "ReadThrottleEvents ${table}", "WriteThrottleEvents ${table}"])
    ])
    error_message = "Throttled reads and writes of each table must be counted together."
  }
}

run "a_full_database_raises_an_alarm" {
  command = plan

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.database_storage[0].metric_name == "FreeStorageSpace"
      && aws_cloudwatch_metric_alarm.database_storage[0].comparison_operator == "LessThanThreshold"
      && aws_cloudwatch_metric_alarm.database_storage[0].threshold == 1073741824
      && aws_cloudwatch_metric_alarm.database_storage[0].dimensions == tomap({ DBInstanceIdentifier = "example" })
    )
    error_message = "Less than a twentieth of 20 GB, in bytes, must raise the alarm."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.database_connections[0].metric_name == "DatabaseConnections"
      && aws_cloudwatch_metric_alarm.database_connections[0].comparison_operator == "GreaterThanThreshold"
      && aws_cloudwatch_metric_alarm.database_connections[0].threshold == 160
      && aws_cloudwatch_metric_alarm.database_connections[0].dimensions == tomap({ DBInstanceIdentifier = "example" })
    )
    error_message = "More than 80 percent of the connections must raise the alarm."
  }
}

run "what_is_left_out_has_no_alarm" {
  command = plan

  variables {
    api                = { name = "example", stage_name = "v1" }
    database           = null
    tables             = {}
    dead_letter_queues = { rotation = "example-rotation-failures" }
  }

  assert {
    condition = [for name in output.alarm_names : name if !strcontains(name, "-throttles-") && !strcontains(name, "-errors-")] == [
      "example-access-denied", "example-api-errors", "example-dead-letters-rotation", "example-dropped-rotate_secret",
    ]
    error_message = "There must be no alarm for what the stage has not, and one for each queue that it has."
  }

  assert {
    condition = (
      aws_cloudwatch_metric_alarm.dead_letters["rotation"].dimensions == tomap({ QueueName = "example-rotation-failures" })
      && aws_cloudwatch_metric_alarm.dead_letters["rotation"].threshold == 0
    )
    error_message = "The first event in the queue must raise the alarm."
  }

  assert {
    condition     = length(aws_sns_topic_subscription.email) == 0
    error_message = "Nobody must be subscribed who was not named."
  }
}

run "every_alarm_reaches_somebody" {
  variables {
    email              = "operations@example.com"
    dead_letter_queues = { rotation = "example-rotation-failures" }
  }

  assert {
    condition = alltrue([
      for alarm in concat(
        [aws_cloudwatch_metric_alarm.access_denied, aws_cloudwatch_metric_alarm.api_errors],
        values(aws_cloudwatch_metric_alarm.access_log),
        values(aws_cloudwatch_metric_alarm.function),
        values(aws_cloudwatch_metric_alarm.table_throttles),
        values(aws_cloudwatch_metric_alarm.dead_letters),
        aws_cloudwatch_metric_alarm.database_storage[*],
        aws_cloudwatch_metric_alarm.database_connections[*],
      ) : toset(alarm.alarm_actions) == toset([output.topic_arn]) && toset(alarm.ok_actions) == toset([output.topic_arn])
    ])
    error_message = "Every alarm must go to the topic, and its end as well."
  }

  assert {
    condition = (
      aws_sns_topic_subscription.email[0].endpoint == "operations@example.com"
      && aws_sns_topic_subscription.email[0].protocol == "email"
      && aws_sns_topic_subscription.email[0].topic_arn == output.topic_arn
    )
    error_message = "The address must be subscribed to the topic."
  }

  assert {
    condition = jsonencode(jsondecode(aws_sns_topic_policy.own_alarms_only.policy).Statement) == jsonencode([{
      Sid       = "OwnAlarmsOnly"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["sns:Publish"]
      Resource  = ["arn:aws:sns:eu-central-1:123456789012:example-alarms"]
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:example-*" }
        StringEquals = { "aws:SourceAccount" = "123456789012" }
      }
    }])
    error_message = "Only the stage's own alarms may publish to the topic."
  }
}

# What the module refuses to be given.

run "an_address_is_checked" {
  command = plan

  variables {
    email = "nobody"
  }

  expect_failures = [var.email]
}

run "a_log_of_no_function_is_refused" {
  command = plan

  variables {
    denied_access_functions = ["offboard_tenant"]
  }

  expect_failures = [var.denied_access_functions]
}

run "refused_sessions_are_watched" {
  command = plan

  variables {
    denied_access_functions = []
  }

  expect_failures = [var.denied_access_functions]
}

run "a_database_of_no_size_is_refused" {
  command = plan

  variables {
    database = { identifier = "example", storage_gb = 0, max_connections = 0 }
  }

  expect_failures = [var.database]
}

run "thresholds_that_nothing_passes_are_refused" {
  command = plan

  variables {
    thresholds = { api_error_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  state_key = "another" # in which the topic has no ARN yet

  override_resource {
    target = aws_sns_topic.this
    values = { arn = "arn:aws:sns:eu-central-1:210987654321:example-alarms" }
  }

  expect_failures = [aws_sns_topic.this]
}
