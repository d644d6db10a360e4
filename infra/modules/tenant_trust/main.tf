# Who may open a tenant's session, for every role that such sessions have: the trusted roles only, and only
# tagged with one well-formed tenant id and one known role. A document, no resources.

locals {
  # IAM has no regular expressions. These patterns admit exactly the tenant ids of the grammar
  # ^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$ among all ASCII tag values that STS takes; letters beyond
  # ASCII, of which there are too many to list, are left to the token's verification.
  three_or_more_characters = "???*"
  not_a_tenant_id = concat(
    ["${join("", [for _ in range(33) : "?"])}*", "-*", "*-"],
    [for character in split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/=+@ ") : "*${character}*"],
  )

  policy = jsonencode({
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
          StringEquals = { "aws:RequestTag/role" = var.roles }

          StringNotLike               = { "aws:RequestTag/tenant" = local.not_a_tenant_id }
          "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tenant", "role"] }
        }
      },
    ]
  })
}
