# What the authorizer may do, read from the plan alone: a policy that is not known at plan time fails here as
# well ("Unknown condition value").

mock_provider "aws" {}

variables {
  name               = "AuthorizerRole"
  account_id         = "123456789012"
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
    condition     = output.arn == "arn:aws:iam::123456789012:role/AuthorizerRole"
    error_message = "The ARN must be built from the name, and known although it waits for the role."
  }
}
