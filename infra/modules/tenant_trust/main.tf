# Who may open a tenant's session, for every role that such sessions have: the trusted roles only, or users' tokens only;
# and only tagged with one well-formed tenant id and one known role. A document, no resources.

locals {
  # IAM has no regular expressions. These patterns admit exactly the tenant ids of the grammar
  # ^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$ among all ASCII tag values that STS takes; letters beyond
  # ASCII, of which there are too many to list, are left to the token's verification.
  three_or_more_characters = "???*"
  not_a_tenant_id = concat(
    ["${join("", [for _ in range(33) : "?"])}*", "-*", "*-"],
    [for character in split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/=+@ ") : "*${character}*"],
  )

  # StringEquals and StringLike are false when a tag is absent, so each tag is required.
  role_tag   = { "aws:RequestTag/role" = var.roles }
  tenant_tag = { "aws:RequestTag/tenant" = local.three_or_more_characters }
  two_tags = {
    StringLike                  = local.tenant_tag
    "ForAllValues:StringEquals" = { "aws:TagKeys" = ["tenant", "role"] }
  }
  well_formed = { StringNotLike = { "aws:RequestTag/tenant" = local.not_a_tenant_id } }

  statements_of_roles = [
    for _ in range(length(var.trusted_role_arns) == 0 ? 0 : 1) : {
      Sid       = "TrustedRolesForOneTaggedTenantOnly"
      Effect    = "Allow"
      Principal = { AWS = sort(var.trusted_role_arns) }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = merge(local.two_tags, local.well_formed, { StringEquals = local.role_tag })
    }
  ]

  # The user pool's own client, and the stage's own way to STS: a token that its user takes to STS from elsewhere is
  # refused. An absent key refuses as well.
  own_token = [
    for token in var.token[*] : merge(
      { "${token.issuer_host}:aud" = token.audience },
      token.endpoint_ids == null ? {} : { "aws:SourceVpce" = token.endpoint_ids },
    )
  ]

  # The tags are the token's, since nobody passes any to this action. A session needs both statements: the first alone
  # says what a tenant id is, for both, since twice would be too long for IAM. Transitive tags could not be replaced by
  # a role that the session might take later.
  # Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
  statements_of_tokens = flatten([
    for index, token in var.token[*] : [
      {
        Sid       = "TokenForOneTaggedTenantOnly"
        Effect    = "Allow"
        Principal = { Federated = token.provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = merge(local.two_tags, local.well_formed, {
          StringEquals = merge(local.own_token[index], local.role_tag, {
            "sts:RoleSessionName" = "$${aws:RequestTag/tenant}.$${aws:RequestTag/role}"
          })
          Null = { "sts:TransitiveTagKeys" = "true" }
        })
      },
      {
        Sid       = "TagsOfTheTokenOnly"
        Effect    = "Allow"
        Principal = { Federated = token.provider_arn }
        Action    = "sts:TagSession"
        Condition = merge(local.two_tags, {
          StringEquals = merge(local.own_token[index], local.role_tag)
          Null         = { "sts:TransitiveTagKeys" = "true" }
        })
      },
    ]
  ])

  # The token's own user, in every line of CloudTrail: IAM compares the source identity, which code puts into the token,
  # with the token's subject. A session that several users share would name the wrong one. The endpoint stands in the
  # first statement, without which nothing opens: a third time would be too long for IAM.
  statements_of_users = [
    for token in var.token[*] : {
      Sid       = "UserOfTheTokenOnly"
      Effect    = "Allow"
      Principal = { Federated = token.provider_arn }
      Action    = "sts:SetSourceIdentity"
      Condition = {
        StringEquals = {
          "${token.issuer_host}:aud" = token.audience
          "sts:SourceIdentity"       = "$${${token.issuer_host}:sub}"
        }
      }
    } if token.session_per == "user"
  ]

  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.statements_of_roles, local.statements_of_tokens, local.statements_of_users)
  })
}
