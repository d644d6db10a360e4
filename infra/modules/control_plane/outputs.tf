# AWS refuses a trust policy that names a role which does not exist yet. Built from names, the ARNs are
# known at plan time; depends_on makes whatever uses one wait until the roles are there.
output "role_arns" {
  description = "ARN of the role of each function, by the function's name; known at plan time, for trust policies too."
  value       = local.arns
  depends_on  = [aws_iam_role.this]
}

output "trust_policy" {
  description = "Who may take each role: the document as JSON, known at plan time."
  value       = local.trust_policy
}

output "identity_policies" {
  description = "What each function may do, by its name: documents as JSON. Those that name the user pool are known at plan time if its ARN is."
  value       = local.identity_policies
}
