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
