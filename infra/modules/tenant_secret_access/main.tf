# What a tenant's session may do with the database logins' secrets, for every role that such sessions have.
# Statements of a policy, no resources.

locals {
  # Row-level security shows either login one tenant's rows at a time. What IAM adds: only a role with the
  # right to administer gets hold of a password that can write.
  statements = flatten([
    for secrets in var.database_secrets[*] : [
      {
        Sid      = "ReadReaderSecretOnly"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [secrets.reader_arn]
      },
      {
        Sid       = "ReadWriterSecretAs${join("Or", [for role in var.roles : title(role)])}Only"
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue"]
        Resource  = [secrets.writer_arn]
        Condition = { StringEquals = { "aws:PrincipalTag/role" = var.roles } }
      },
    ]
  ])
}
