# How the modules are put together, read from the plan alone: a policy that is not known at plan time
# fails here as well ("Unknown condition value").

mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

run "the_api_opens_tenant_sessions_on_the_pooled_table" {
  command = plan

  assert {
    condition     = [for s in jsondecode(module.tenant_role.trust_policy).Statement : s.Principal] == [{ AWS = [output.lambda_role_arn] }]
    error_message = "TenantRole must trust the API's role and nobody else."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.lambda_role.identity_policy).Statement : s.Resource == [output.tenant_role_arn] if s.Effect == "Allow"
    ])
    error_message = "The API's role may open sessions of TenantRole and of no other role."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(module.tenant_role.identity_policy).Statement :
      s.Resource == ["arn:aws:dynamodb:eu-central-1:123456789012:table/${output.table_name}"] if s.Effect == "Allow"
    ])
    error_message = "TenantRole must reach the stage's own table only."
  }
}

run "names_carry_the_stage" {
  command = plan

  variables {
    stage  = "t1"
    region = "us-east-1"
  }

  assert {
    condition = [output.account_id, output.region, output.table_name, output.lambda_role_arn, output.tenant_role_arn] == [
      "123456789012",
      "us-east-1",
      "bulkhead-t1",
      "arn:aws:iam::123456789012:role/bulkhead-t1-LambdaRole",
      "arn:aws:iam::123456789012:role/bulkhead-t1-TenantRole",
    ]
    error_message = "The names of a stage's resources must carry the stage."
  }
}

run "names_and_ids_are_checked" {
  command = plan

  variables {
    stage      = "Local stage"
    region     = "Frankfurt"
    account_id = "1234"
  }

  expect_failures = [var.stage, var.region, var.account_id]
}
