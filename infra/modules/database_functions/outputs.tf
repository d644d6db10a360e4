# Built from names, the ARNs are known at plan time; depends_on makes whatever uses one wait until the role is
# there, since AWS refuses a policy that names a principal which does not exist yet.
output "migrate_database_role_arn" {
  description = "ARN of the role of migrate_database, known at plan time."
  value       = local.arns.migrate_database
  depends_on  = [aws_iam_role.this]
}

output "rotate_secret_role_arn" {
  description = "ARN of the role of rotate_secret, known at plan time."
  value       = local.arns.rotate_secret
  depends_on  = [aws_iam_role.this]
}

output "trust_policy" {
  description = "Who may take either role: the document as JSON, known at plan time."
  value       = local.trust_policy
}

output "migrate_database_identity_policy" {
  description = "What migrate_database may do: the document as JSON, known at plan time."
  value       = local.identity_policies.migrate_database
}

output "rotate_secret_identity_policy" {
  description = "What rotate_secret may do: the document as JSON, known at plan time."
  value       = local.identity_policies.rotate_secret
}
