# Built from the name, the ARN is known at plan time; depends_on makes whatever uses it wait until the role is
# there, since AWS refuses a policy that names a principal which does not exist yet.
output "arn" {
  description = "ARN of the role, known at plan time."
  value       = local.arn
  depends_on  = [aws_iam_role.this]
}

output "trust_policy" {
  description = "Who may take the role: the document as JSON, known at plan time."
  value       = local.trust_policy
}

output "identity_policy" {
  description = "What the authorizer may do: the document as JSON, known at plan time."
  value       = local.identity_policy
}
