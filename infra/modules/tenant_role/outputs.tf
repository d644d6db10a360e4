output "arn" {
  description = "ARN of the role, known at plan time."
  value       = local.arn
}

output "trust_policy" {
  description = "Who may open a tenant's session, and with which tags: the document as JSON, known at plan time if the token's provider and the endpoints are."
  value       = module.trust.policy
}

output "identity_policy" {
  description = "What a tenant's session may do, before a session policy narrows it: the document as JSON, known at plan time if the endpoints are."
  value       = local.identity_policy
}
