# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement          = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
  user_pool_arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
  tenant_role_arn    = "arn:aws:iam::123456789012:role/TenantRole"
  writer_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
  export_bucket_arn  = "arn:aws:s3:::bulkhead-exports"
  rights             = { administer = ["admin"] }
}

run "wildcards_are_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
    user_pool_arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_*"
    tenant_role_arn    = "arn:aws:iam::123456789012:role/*"
    writer_secret_arn  = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-*"
    export_bucket_arn  = "arn:aws:s3:::bulkhead-*"
  }

  expect_failures = [
    var.registry_table_arn, var.user_pool_arn, var.tenant_role_arn, var.writer_secret_arn, var.export_bucket_arn,
  ]
}

run "an_index_is_refused" {
  command = plan

  variables {
    registry_table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants/index/by_name"
  }

  expect_failures = [var.registry_table_arn]
}

run "an_administrator_is_needed" {
  command = plan

  variables {
    rights = { administer = [] }
  }

  expect_failures = [var.rights]
}

run "every_role_is_refused" {
  command = plan

  variables {
    rights = { administer = ["*"] }
  }

  expect_failures = [var.rights]
}

run "a_policy_of_no_function_is_refused" {
  command = plan

  variables {
    runtime_policies = { delete_tenant = jsonencode({ Statement = [] }) }
  }

  expect_failures = [var.runtime_policies]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policies = { set_role = "AdministratorAccess" }
  }

  expect_failures = [var.runtime_policies]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/bulkhead-SetRoleRole" }
  }

  expect_failures = [aws_iam_role.this]
}
