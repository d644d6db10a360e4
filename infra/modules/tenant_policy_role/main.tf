# TenantPolicyRole: for stages whose application narrows each session to one tenant by a session policy.
#
# What a session may do is the intersection of this role's policy and the session policy that the application
# passes to AssumeRole. This policy alone reaches every tenant's items: it names no tenant, and no IAM
# condition can force a caller to pass a session policy. Isolation is then as strong as the code of the trusted
# roles, which is why the role exists only in stages that choose this strategy.

module "placement" {
  source = "../placement"

  placement = var.placement
}

module "trust" {
  source = "../tenant_trust"

  trusted_role_arns = var.trusted_role_arns
  roles             = var.rights.read
}

module "secret_access" {
  source = "../tenant_secret_access"

  roles            = var.rights.administer
  database_secrets = var.database_secrets
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

locals {
  name = "${var.placement.name}-TenantPolicyRole"
  arn  = "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${local.name}"

  # Which leading keys is the session policy's affair. Here a call without any is refused.
  by_leading_key = { Null = { "dynamodb:LeadingKeys" = "false" } }

  key_statements = concat(
    module.key_access.writing.dynamodb,
    var.database_secrets == null ? [] : module.key_access.reading.secretsmanager,
  )

  identity_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "ReadByLeadingKeyOnly"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource  = [var.table_arn]
        Condition = local.by_leading_key
      },
      {
        Sid      = "WriteByLeadingKeyOnlyAs${join("Or", [for role in var.rights.write : title(role)])}"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        Resource = [var.table_arn]
        Condition = merge(local.by_leading_key, {
          StringEquals = { "aws:PrincipalTag/role" = var.rights.write }
        })
      },
      ], module.secret_access.statements, [
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ], local.key_statements)
  })
}

resource "aws_iam_role" "this" {
  name                 = local.name
  description          = "One tenant's session: assumed with the session tags tenant and role, and a session policy."
  assume_role_policy   = module.trust.policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The role is ${self.arn}, but policies name ${local.arn}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "by_leading_key_only" {
  name   = "ByLeadingKeyOnly"
  role   = aws_iam_role.this.name
  policy = local.identity_policy
}

# Whatever else is attached to the role, by hand or by other code, is drift that the next apply removes.
resource "aws_iam_role_policies_exclusive" "this" {
  role_name    = aws_iam_role.this.name
  policy_names = [aws_iam_role_policy.by_leading_key_only.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = []
}
