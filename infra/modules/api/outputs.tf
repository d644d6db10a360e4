output "url" {
  description = "Where the API is, with the stage and without a slash at the end. It answers once the functions may be invoked."
  value       = aws_api_gateway_stage.this.invoke_url
  depends_on  = [aws_lambda_permission.handler, aws_lambda_permission.authorizer, aws_api_gateway_method_settings.this]
}

output "origin" {
  description = "Scheme and host of the API, for the pages that may call it."
  value       = regex("^https?://[^/]+", aws_api_gateway_stage.this.invoke_url)
}

output "name" {
  description = "Name of the API, by which CloudWatch counts its requests."
  value       = aws_api_gateway_rest_api.this.name
}

output "rest_api_id" {
  description = "Id of the API."
  value       = aws_api_gateway_rest_api.this.id
}

output "stage_name" {
  description = "Name of the API's only stage."
  value       = aws_api_gateway_stage.this.stage_name
}

output "execution_arn" {
  description = "What the ARNs of the API's routes begin with."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

output "access_log_group_name" {
  description = "Name of the log group with a line for each request; null without access logs."
  value       = one(aws_cloudwatch_log_group.access[*].name)
}

output "definition_sha256" {
  description = "Stands for all that a deployment takes a picture of: with another definition, another deployment is made."
  value       = aws_api_gateway_deployment.this.triggers.definition
}
