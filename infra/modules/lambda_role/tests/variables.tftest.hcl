# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement        = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  tenant_role_arns = ["arn:aws:iam::123456789012:role/TenantRole"]
}

run "every_role_is_refused" {
  command = plan

  variables {
    tenant_role_arns = ["arn:aws:iam::123456789012:role/*"]
  }

  expect_failures = [var.tenant_role_arns]
}

run "a_tenant_role_is_needed" {
  command = plan

  variables {
    tenant_role_arns = []
  }

  expect_failures = [var.tenant_role_arns]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policy = "AdministratorAccess"
  }

  expect_failures = [var.runtime_policy]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/bulkhead-LambdaRole" }
  }

  expect_failures = [aws_iam_role.this]
}
