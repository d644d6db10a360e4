# Built from names, so that policies and alarms which name them are known at plan time; depends_on makes whatever uses
# one wait until it is there.
output "name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "arn" {
  description = "ARN of the function, known at plan time."
  value       = local.arn
  depends_on  = [aws_lambda_function.this]
}

output "invoke_arn" {
  description = "ARN by which API Gateway invokes the function, known at plan time."
  value       = local.invoke_arn
  depends_on  = [aws_lambda_function.this]
}

output "log_group_name" {
  description = "Name of the function's log group, known at plan time."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "ARN of the function's log group, known at plan time, without the :* that stands for its streams."
  value       = local.log_group_arn
  depends_on  = [aws_cloudwatch_log_group.this]
}
