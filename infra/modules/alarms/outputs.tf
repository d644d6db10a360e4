output "topic_arn" {
  description = "ARN of the topic to which alarms go, known at plan time."
  value       = local.topic_arn
  depends_on  = [aws_sns_topic_policy.own_alarms_only]
}

output "alarm_names" {
  description = "Names of all alarms, in alphabetical order."
  value = sort(concat(
    [
      aws_cloudwatch_metric_alarm.access_denied.alarm_name,
      aws_cloudwatch_metric_alarm.api_errors.alarm_name,
    ],
    values(aws_cloudwatch_metric_alarm.access_log)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.function)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.table_throttles)[*].alarm_name,
    values(aws_cloudwatch_metric_alarm.dead_letters)[*].alarm_name,
    aws_cloudwatch_metric_alarm.database_storage[*].alarm_name,
    aws_cloudwatch_metric_alarm.database_connections[*].alarm_name,
  ))
}
