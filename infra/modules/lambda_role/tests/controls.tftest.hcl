# What the API may do by itself, read from the plan alone: a policy that is not known at plan time
# fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement        = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  tenant_role_arns = ["arn:aws:iam::123456789012:role/TenantRole"]
}

run "the_api_opens_tenant_sessions_and_does_nothing_else" {
  command = plan

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.tenant_sessions_only.policy).Statement : s if s.Effect == "Allow"] == [{
      Sid      = "OpenTenantSessionsOnly"
      Effect   = "Allow"
      Action   = ["sts:AssumeRole", "sts:TagSession"]
      Resource = ["arn:aws:iam::123456789012:role/TenantRole"]
    }]
    error_message = "The role must be allowed to open sessions of the tenant role, and nothing else."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.tenant_sessions_only.policy).Statement : s if s.Effect != "Allow"] == [{
      Sid      = "NeverScan"
      Effect   = "Deny"
      Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
      Resource = ["*"]
    }]
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }

  assert {
    condition = (
      aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.tenant_sessions_only.name])
      && length(aws_iam_role_policy_attachments_exclusive.this.policy_arns) == 0
    )
    error_message = "The role must have this one policy and no other."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.tenant_sessions_only.policy
    error_message = "The output must be the policy that the role has."
  }
}

run "only_the_lambda_service_takes_the_role" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Sid       = "LambdaServiceOnly"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
    error_message = "Only the Lambda service may assume the role."
  }

  assert {
    condition     = output.trust_policy == aws_iam_role.this.assume_role_policy
    error_message = "The output must be the policy that the role has."
  }

  assert {
    condition     = output.arn == "arn:aws:iam::123456789012:role/example-LambdaRole"
    error_message = "The ARN must be built from the name, and known although it waits for the role."
  }
}

run "what_the_function_needs_to_run_is_a_policy_of_its_own" {
  command = plan

  variables {
    runtime_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "WriteOwnLogOnly" }] })
  }

  assert {
    condition     = one(aws_iam_role_policy.runtime).policy == var.runtime_policy && one(aws_iam_role_policy.runtime).role == aws_iam_role.this.name
    error_message = "The role must have the given policy."
  }

  assert {
    condition     = aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.tenant_sessions_only.name, one(aws_iam_role_policy.runtime).name])
    error_message = "The role must have these two policies and no other."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.tenant_sessions_only.policy, "WriteOwnLogOnly")
    error_message = "What the function is for must be said apart from what it needs to run."
  }
}

# What the module refuses to be given.

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
    values = { arn = "arn:aws:iam::210987654321:role/example-LambdaRole" }
  }

  expect_failures = [aws_iam_role.this]
}
