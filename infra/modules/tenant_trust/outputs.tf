output "policy" {
  description = "The trust policy as JSON, known at plan time."
  value       = local.policy

  precondition {
    condition     = length(local.policy) <= 2048
    error_message = "The trust policy has ${length(local.policy)} characters, IAM's default quota is 2048: trust fewer roles, or give them shorter names."
  }
}
