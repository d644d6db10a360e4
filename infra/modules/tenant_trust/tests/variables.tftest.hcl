# What the module refuses to be given.

variables {
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
  roles             = ["viewer", "member", "admin"]
}

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
