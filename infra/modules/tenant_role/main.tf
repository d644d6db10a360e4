# TenantRole: a session reaches the items of the one tenant that it is tagged with, and the database
# secret that its role is entitled to. Only the trusted roles may open a session, tagged with one
# well-formed tenant id and one known role.

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
  name = "${var.placement.name}-TenantRole"
  arn  = "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${local.name}"

  # Nothing but '#' may follow the tenant: it cannot occur in a tag value, while '-' would let acme
  # into acme-eu. ForAllValues is true when the key is absent, hence the Null guard.
  own_partition = {
    "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] }
    Null                      = { "dynamodb:LeadingKeys" = "false" }
  }

  key_statements = concat(
    module.key_access.writing.dynamodb,
    var.database_secrets == null ? [] : module.key_access.reading.secretsmanager,
  )

  identity_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "ReadOwnPartitionOnly"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource  = [var.table_arn]
        Condition = local.own_partition
      },
      {
        Sid      = "WriteOwnPartitionOnlyAs${join("Or", [for role in var.rights.write : title(role)])}"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        Resource = [var.table_arn]
        Condition = merge(local.own_partition, {
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
  description          = "One tenant's session: assumed with the session tags tenant and role."
  assume_role_policy   = module.trust.policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The role is ${self.arn}, but policies name ${local.arn}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "own_partition_only" {
  name   = "OwnPartitionOnly"
  role   = aws_iam_role.this.name
  policy = local.identity_policy
}

# Whatever else is attached to the role, by hand or by other code, is drift that the next apply removes.
resource "aws_iam_role_policies_exclusive" "this" {
  role_name    = aws_iam_role.this.name
  policy_names = [aws_iam_role_policy.own_partition_only.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = []
}
