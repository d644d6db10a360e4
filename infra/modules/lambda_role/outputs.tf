# AWS refuses a trust policy that names a role which does not exist yet. Built from names, the ARN is
# known at plan time; depends_on makes whatever uses it wait until the role is there.
output "arn" {
  description = "ARN of the role, known at plan time, for trust policies too."
  value       = local.arn
  depends_on  = [aws_iam_role.this]
}

output "trust_policy" {
  description = "Who may take the role: the document as JSON, known at plan time."
  value       = local.trust_policy
}

output "identity_policy" {
  description = "What the API may do by itself: the document as JSON, known at plan time."
  value       = local.identity_policy
}
