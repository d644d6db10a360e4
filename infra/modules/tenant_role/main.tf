# A role of tenants' sessions, each tagged with one tenant and one role: of whose items a session reaches what, and
# which of the database's secrets. What confines it to its tenant is one of three:
#
# - "token": its tags, which STS takes from a user's token. No AWS principal may open a session.
# - "tag": its tags, which the trusted roles say.
# - "session_policy": the session policy that the trusted roles pass. This role's own policy names no tenant, and no IAM
#   condition can force a caller to pass one: isolation is then as strong as the code of the trusted roles.

module "placement" {
  source = "../placement"

  placement = var.placement
}

module "trust" {
  source = "../tenant_trust"

  roles             = var.rights.read
  trusted_role_arns = var.trusted_role_arns
  token             = one([for token in var.token[*] : merge(token, { endpoint_ids = try(var.endpoints.sts_ids, null) })])
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

locals {
  name = "${var.placement.name}-${var.name}"
  arn  = "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${local.name}"

  descriptions = {
    token          = "One tenant's session: opened by a user's token, with its tags tenant and role."
    tag            = "One tenant's session: assumed with the session tags tenant and role."
    session_policy = "One tenant's session: assumed with the session tags tenant and role, and a session policy."
  }

  # Nothing but '#' may follow the tenant: it cannot occur in a tag value, while '-' would let acme
  # into acme-eu. ForAllValues is true when the key is absent, hence the Null guard. Which leading keys
  # is the session policy's affair where there is one.
  reach = var.confined_by == "session_policy" ? "ByLeadingKeyOnly" : "OwnPartitionOnly"
  items = merge(
    { Null = { "dynamodb:LeadingKeys" = "false" } },
    var.confined_by == "session_policy" ? {} : { "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] } },
  )

  # Row-level security shows either login one tenant's rows at a time. What IAM adds: only a role with the
  # right to administer gets hold of a password that can write.
  secret_statements = flatten([
    for secrets in var.database_secrets[*] : [
      {
        Sid      = "ReadReaderSecretOnly"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [secrets.reader_arn]
      },
      {
        Sid       = "ReadWriterSecretAs${join("Or", [for role in var.rights.administer : title(role)])}Only"
        Effect    = "Allow"
        Action    = ["secretsmanager:GetSecretValue"]
        Resource  = [secrets.writer_arn]
        Condition = { StringEquals = { "aws:PrincipalTag/role" = var.rights.administer } }
      },
    ]
  ])

  # A session that got out of the stage's network reaches nothing from there. An absent key is another way too.
  endpoint_statements = [
    for endpoints in var.endpoints[*] : {
      Sid       = "NeverThroughOtherEndpoints"
      Effect    = "Deny"
      Action    = ["dynamodb:*", "secretsmanager:*"]
      Resource  = ["*"]
      Condition = { StringNotEquals = { "aws:SourceVpce" = endpoints.data_ids } }
    }
  ]

  key_statements = concat(
    module.key_access.writing.dynamodb,
    var.database_secrets == null ? [] : module.key_access.reading.secretsmanager,
  )

  identity_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "Read${local.reach}"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem", "dynamodb:Query"]
        Resource  = [var.table_arn]
        Condition = local.items
      },
      {
        Sid      = "Write${local.reach}As${join("Or", [for role in var.rights.write : title(role)])}"
        Effect   = "Allow"
        Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        Resource = [var.table_arn]
        Condition = merge(local.items, {
          StringEquals = { "aws:PrincipalTag/role" = var.rights.write }
        })
      },
      ], local.secret_statements, [
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ], local.endpoint_statements, local.key_statements)
  })
}

resource "aws_iam_role" "this" {
  name                 = local.name
  description          = local.descriptions[var.confined_by]
  assume_role_policy   = module.trust.policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The role is ${self.arn}, but policies name ${local.arn}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "this" {
  name   = local.reach
  role   = aws_iam_role.this.name
  policy = local.identity_policy
}

# The next apply removes as drift what else somebody attaches to the role, by hand or by other code.
resource "aws_iam_role_policies_exclusive" "this" {
  role_name    = aws_iam_role.this.name
  policy_names = [aws_iam_role_policy.this.name]
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = []
}
