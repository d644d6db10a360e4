output "policy_json" {
  description = "The policy as JSON, known at plan time, for the role that the function runs with."
  value       = local.policy
}
