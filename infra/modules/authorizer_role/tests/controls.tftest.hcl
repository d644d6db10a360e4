# What the authorizer may do, read from the plan alone: a policy that is not known at plan time fails here as
# well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement          = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
}

run "the_authorizer_reads_one_tenant_and_does_nothing_else" {
  command = plan

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.one_tenant_only.policy).Statement : s if s.Effect == "Allow"] == [{
      Sid       = "ReadOneTenantOnly"
      Effect    = "Allow"
      Action    = ["dynamodb:GetItem"]
      Resource  = ["arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"]
      Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
    }]
    error_message = "The authorizer must be allowed to read one item of the registry by its key, and nothing else."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.one_tenant_only.policy).Statement : s if s.Effect != "Allow"] == [{
      Sid      = "NeverScan"
      Effect   = "Deny"
      Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
      Resource = ["*"]
    }]
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }

  assert {
    condition = (
      aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.one_tenant_only.name])
      && length(aws_iam_role_policy_attachments_exclusive.this.policy_arns) == 0
    )
    error_message = "The role must have this one policy and no other."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.one_tenant_only.policy
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
    condition     = output.arn == "arn:aws:iam::123456789012:role/example-AuthorizerRole"
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
    condition     = aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.one_tenant_only.name, one(aws_iam_role_policy.runtime).name])
    error_message = "The role must have these two policies and no other."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.one_tenant_only.policy, "WriteOwnLogOnly")
    error_message = "What the function is for must be said apart from what it needs to run."
  }
}

run "a_stages_own_key_decrypts_the_table_only" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for s in jsondecode(output.identity_policy).Statement : jsonencode(s) if startswith(s.Action[0], "kms:")
    ] == [for s in module.key_access.reading.dynamodb : jsonencode(s)]
    error_message = "The key must be used to decrypt, and through DynamoDB only."
  }
}

# What the module refuses to be given.

run "an_index_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants/index/by_name"
  }

  expect_failures = [var.registry_table_arn]
}

run "every_table_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
  }

  expect_failures = [var.registry_table_arn]
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
    values = { arn = "arn:aws:iam::210987654321:role/example-AuthorizerRole" }
  }

  expect_failures = [aws_iam_role.this]
}
