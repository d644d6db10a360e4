# TenantRole: a session reaches the items of the one tenant that it is tagged with, and the database
# secret that its role is entitled to. Only the trusted roles may open a session, tagged with one
# well-formed tenant id and one known role.

locals {
  arn = "arn:${var.partition}:iam::${var.account_id}:role/${var.name}"

  # IAM has no regular expressions. These patterns admit exactly the tenant ids of the grammar
  # ^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$ among all ASCII tag values that STS takes; letters beyond
  # ASCII, of which there are too many to list, are left to the token's verification.
  three_or_more_characters = "???*"
  not_a_tenant_id = concat(
    ["${join("", [for _ in range(33) : "?"])}*", "-*", "*-"],
    [for character in split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/=+@ ") : "*${character}*"],
  )

  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TrustedRolesForOneTaggedTenantOnly"
        Effect    = "Allow"
        Principal = { AWS = sort(var.trusted_role_arns) }
        Action    = ["sts:AssumeRole", "sts:TagSession"]
        Condition = {
          # Both are false when the tag is absent, so each tag is required.
          StringLike   = { "aws:RequestTag/tenant" = local.three_or_more_characters }
          StringEquals = { "aws:RequestTag/role" = ["viewer", "member", "admin"] }

          StringNotLike               = { "aws:RequestTag/tenant" = local.not_a_tenant_id }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tenant", "role"] }
        }
      },
    ]
  })

  # Nothing but '#' may follow the tenant: it cannot occur in a tag value, while '-' would let acme
  # into acme-eu. ForAllValues is true when the key is absent, hence the Null guard.
  own_partition = {
    "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] }
    Null                      = { "dynamodb:LeadingKeys" = "false" }
  }

  # Row-level security shows either login one tenant's rows at a time. What IAM adds: nobody but an admin
  # gets hold of a password that can write.
  database_statements = flatten([
    for secrets in var.database_secrets[*] : [
      {
        Sid      = "ReadReaderSecretOnly"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [secrets.reader_arn]
      },
      {
        Sid       = "ReadWriterSecretAsAdminOnly"
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue"]
        Resource  = [secrets.writer_arn]
        Condition = { StringEquals = { "aws:PrincipalTag/role" = ["admin"] } }
      },
    ]
  ])

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
        Sid      = "WriteOwnPartitionOnlyAsMemberOrAdmin"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        Resource = [var.table_arn]
        Condition = merge(local.own_partition, {
          StringEquals = { "aws:PrincipalTag/role" = ["member", "admin"] }
        })
      },
      ], local.database_statements, [
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ])
  })
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "One tenant's session: assumed with the session tags tenant and role."
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    precondition {
      condition     = length(local.trust_policy) <= 2048
      error_message = "The trust policy has ${length(local.trust_policy)} characters, IAM's default quota is 2048: trust fewer roles, or give them shorter names."
    }

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
