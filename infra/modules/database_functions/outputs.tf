output "role_arns" {
  description = "ARN of the role of each function, by the function's name; known at plan time, for trust policies too."
  value       = module.roles.arns
}

output "identity_policies" {
  description = "What each function may do, by its name: documents as JSON, known at plan time."
  value       = local.identity_policies
}
