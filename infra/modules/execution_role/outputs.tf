# AWS refuses a trust policy that names a role which does not exist yet. Built from names, the ARNs are
# known at plan time; depends_on makes their users wait until the roles are there.
output "arns" {
  description = "ARN of the role of each function, by the function's name; known at plan time, for trust policies too."
  value       = local.arns
  depends_on  = [aws_iam_role.this]
}

output "trust_policy" {
  description = "Who may take each role: the document as JSON, known at plan time."
  value       = local.trust_policy
}

output "policies" {
  description = "What each function may do, by its name: the documents that the roles have, as JSON."
  value       = { for function, policy in aws_iam_role_policy.own_function_only : function => policy.policy }
}
