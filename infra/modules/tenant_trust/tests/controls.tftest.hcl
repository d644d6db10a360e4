# Who may open a tenant's session, read from the plan alone: a policy that is not known at plan time fails
# here as well ("Unknown condition value").

variables {
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
  roles             = ["viewer", "member", "admin"]
}

run "only_trusted_roles_open_a_session" {
  command = plan

  assert {
    condition = [for s in jsondecode(output.policy).Statement : { for key, value in s : key => value if key != "Condition" }] == [{
      Sid       = "TrustedRolesForOneTaggedTenantOnly"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::123456789012:role/LambdaRole"] }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }]
    error_message = "Only the trusted roles may assume the role, and tag the session."
  }

  assert {
    condition = try(jsondecode(output.policy).Statement[0].Condition.StringEquals, null) == {
      "aws:RequestTag/role" = ["viewer", "member", "admin"]
    }
    error_message = "A session needs the tag role, with a known role."
  }

  assert {
    condition = try(jsondecode(output.policy).Statement[0].Condition["ForAllValues:StringEquals"], null) == {
      "aws:TagKeys" = ["tenant", "role"]
    }
    error_message = "A session may have no tag other than tenant and role."
  }

  assert {
    condition = keys(jsondecode(output.policy).Statement[0].Condition) == [
      "ForAllValues:StringEquals", "StringEquals", "StringLike", "StringNotLike",
    ]
    error_message = "The trust policy must have its four conditions and none that holds when a tag is absent."
  }
}

run "the_trust_policy_admits_the_tenant_grammar" {
  command = plan

  module {
    source = "./tests/tenant_tag"
  }

  variables {
    trust_policy = run.only_trusted_roles_open_a_session.policy
    tenants = concat(
      ["acme", "acme-eu", "tenant1", "tenant10", "abc", "a-c", "000", "a--b", "abcdefghijklmnopqrstuvwxyz012345"],
      ["", "a", "ab", "-ab", "ab-", "---", "abcdefghijklmnopqrstuvwxyz0123456", "ACME"],
      flatten([
        for character in split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/=+@ ") :
        ["${character}acme", "ac${character}me", "acme${character}"]
      ]),
    )
  }

  assert {
    condition     = length(output.admitted) == 9
    error_message = "The nine well-formed ids must be admitted, but these are: ${join(", ", output.admitted)}."
  }

  assert {
    condition     = output.admitted == [for tenant in var.tenants : tenant if can(regex("^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$", tenant))]
    error_message = "The trust policy must admit the ids of the tenant grammar and no other, but admits: ${join(", ", output.admitted)}."
  }
}

run "only_a_token_of_the_stages_client_opens_a_session" {
  command = plan

  variables {
    trusted_role_arns = []
    token = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
      issuer_host  = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
      audience     = "client12345"
      session_per  = "tenant"
      endpoint_ids = ["vpce-0123456789abcdef0"]
    }
  }

  assert {
    condition = {
      for s in jsondecode(output.policy).Statement : s.Sid => "${s.Effect} ${s.Action} to ${join(" ", [for kind, who in s.Principal : "${kind} ${jsonencode(who)}"])}"
      } == {
      TokenForOneTaggedTenantOnly = "Allow sts:AssumeRoleWithWebIdentity to Federated \"${var.token.provider_arn}\""
      TagsOfTheTokenOnly          = "Allow sts:TagSession to Federated \"${var.token.provider_arn}\""
    }
    error_message = "Only tokens of the provider must open a session and tag it, and no AWS principal."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(output.policy).Statement : try(s.Condition.StringEquals["${var.token.issuer_host}:aud"], null) == "client12345"
    ])
    error_message = "A token must be for the stage's own client: the key's absence must refuse."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(output.policy).Statement : try(s.Condition.StringEquals["aws:SourceVpce"], null) == ["vpce-0123456789abcdef0"]
    ])
    error_message = "A token must be refused that comes to STS by another way than the stage's own endpoint."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(output.policy).Statement :
      try(s.Condition.StringEquals["aws:RequestTag/role"], null) == ["viewer", "member", "admin"]
      && try(s.Condition.StringLike, null) == { "aws:RequestTag/tenant" = "???*" }
      && try(s.Condition["ForAllValues:StringEquals"], null) == { "aws:TagKeys" = ["tenant", "role"] }
      && try(s.Condition.Null, null) == { "sts:TransitiveTagKeys" = "true" }
    ])
    error_message = "A session needs the tags tenant and role, no other, and none of them transitive."
  }

  assert {
    condition = {
      for s in jsondecode(output.policy).Statement : s.Sid => try(s.Condition.StringEquals["sts:RoleSessionName"], "any")
      } == {
      TokenForOneTaggedTenantOnly = "$${aws:RequestTag/tenant}.$${aws:RequestTag/role}"
      TagsOfTheTokenOnly          = "any"
    }
    error_message = "A session must be called after its tenant and role; sts:TagSession knows no name."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(output.policy).Statement :
      length(setsubtract(keys(s.Condition), ["ForAllValues:StringEquals", "Null", "StringEquals", "StringLike", "StringNotLike"])) == 0
      && length(s.Condition.StringEquals) == (s.Action == "sts:TagSession" ? 3 : 4)
    ])
    error_message = "No other condition may be there, and none that holds when a key is absent."
  }
}

run "a_tokens_tags_are_of_the_tenant_grammar" {
  command = plan

  module {
    source = "./tests/tenant_tag"
  }

  variables {
    trust_policy = run.only_a_token_of_the_stages_client_opens_a_session.policy
    tenants      = ["acme", "acme-eu", "abcdefghijklmnopqrstuvwxyz012345", "ab", "-ab", "ab-", "Acme", "ac#me", "ac_me", "acme#", "abcdefghijklmnopqrstuvwxyz0123456"]
  }

  assert {
    condition     = output.admitted == ["acme", "acme-eu", "abcdefghijklmnopqrstuvwxyz012345", "ac#me", "acme#"]
    error_message = "Tokens must open sessions of the tenant grammar as roles do ('#' is no tag value), but these: ${join(", ", output.admitted)}."
  }
}

run "a_session_of_each_user_names_the_user" {
  command = plan

  variables {
    trusted_role_arns = []
    token = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_Pool12345"
      issuer_host  = "cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_Pool12345"
      audience     = "4f5j6k7l8m9n0p1q2r3s4t5u6v"
      session_per  = "user"
      endpoint_ids = ["vpce-0123456789abcdef0"]
    }
  }

  assert {
    condition = try(one([for s in jsondecode(output.policy).Statement : s if s.Action == "sts:SetSourceIdentity"]), null) == {
      Sid       = "UserOfTheTokenOnly"
      Effect    = "Allow"
      Principal = { Federated = var.token.provider_arn }
      Action    = "sts:SetSourceIdentity"
      Condition = {
        StringEquals = {
          "${var.token.issuer_host}:aud" = "4f5j6k7l8m9n0p1q2r3s4t5u6v"
          "sts:SourceIdentity"           = "$${${var.token.issuer_host}:sub}"
        }
      }
    }
    error_message = "The token of the stage's client must name its own user, and no token another."
  }

  assert {
    condition     = length(jsondecode(output.policy).Statement) == 3 && length(output.policy) <= 2048
    error_message = "The three statements must keep the quota, also in a region with a long name."
  }
}

run "a_stage_without_a_network_takes_tokens_from_anywhere" {
  command = plan

  variables {
    trusted_role_arns = []
    token = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com"
      issuer_host  = "issuer.example.com"
      audience     = "client12345"
      session_per  = "user"
    }
  }

  assert {
    condition     = !strcontains(output.policy, "SourceVpce") && length(jsondecode(output.policy).Statement) == 3
    error_message = "Without endpoints there must be no condition on one."
  }
}

run "ten_roles_with_the_longest_names_can_be_trusted" {
  command = plan

  variables {
    trusted_role_arns = [for n in range(10) : "arn:aws:iam::123456789012:role/${join("", [for _ in range(63) : "r"])}${n}"]
  }

  assert {
    condition     = length(jsondecode(output.policy).Statement[0].Principal.AWS) == 10
    error_message = "All ten roles must be trusted."
  }
}

run "the_roles_are_the_given_ones" {
  command = plan

  variables {
    roles = ["owner", "auditor"]
  }

  assert {
    condition     = jsondecode(output.policy).Statement[0].Condition.StringEquals == { "aws:RequestTag/role" = ["owner", "auditor"] }
    error_message = "The tag role may have the given values, in their order, and no other."
  }
}

# What the module refuses to be given.

run "a_whole_account_is_not_trusted" {
  command = plan

  variables {
    trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole", "arn:aws:iam::123456789012:root"]
  }

  expect_failures = [var.trusted_role_arns]
}

run "everyone_is_not_trusted" {
  command = plan

  variables {
    trusted_role_arns = ["*"]
  }

  expect_failures = [var.trusted_role_arns]
}

run "somebody_must_be_trusted" {
  command = plan

  variables {
    trusted_role_arns = []
  }

  expect_failures = [var.trusted_role_arns]
}

run "a_role_is_needed" {
  command = plan

  variables {
    roles = []
  }

  expect_failures = [var.roles]
}

run "every_role_is_refused" {
  command = plan

  variables {
    roles = ["viewer", "*"]
  }

  expect_failures = [var.roles]
}

run "a_trust_policy_beyond_the_quota_is_refused" {
  command = plan

  variables {
    trusted_role_arns = [for n in range(20) : "arn:aws:iam::123456789012:role/${join("", [for _ in range(62) : "r"])}${10 + n}"]
  }

  expect_failures = [output.policy]
}

run "roles_beside_tokens_are_refused" {
  command = plan

  variables {
    token = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com", issuer_host = "issuer.example.com", audience = "client12345", session_per = "tenant" }
  }

  expect_failures = [var.trusted_role_arns]
}

run "the_provider_of_another_issuer_is_refused" {
  command = plan

  variables {
    trusted_role_arns = []
    token             = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/other.example.com", issuer_host = "issuer.example.com", audience = "client12345", session_per = "tenant" }
  }

  expect_failures = [var.token]
}

run "every_client_is_refused" {
  command = plan

  variables {
    trusted_role_arns = []
    token             = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com", issuer_host = "issuer.example.com", audience = "*", session_per = "tenant" }
  }

  expect_failures = [var.token]
}

run "a_session_is_per_tenant_or_user" {
  command = plan

  variables {
    trusted_role_arns = []
    token             = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com", issuer_host = "issuer.example.com", audience = "client12345", session_per = "request" }
  }

  expect_failures = [var.token]
}

run "no_endpoint_is_none" {
  command = plan

  variables {
    trusted_role_arns = []
    token             = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com", issuer_host = "issuer.example.com", audience = "client12345", session_per = "tenant", endpoint_ids = [] }
  }

  expect_failures = [var.token]
}
