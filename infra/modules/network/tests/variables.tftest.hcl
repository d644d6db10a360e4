# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  cidr      = "10.20.0.0/20"
  zones     = ["eu-central-1a", "eu-central-1b"]

  tables = {
    pooled_arn   = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
    registry_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
  }
  secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
  }
  tenant_role_arns = ["arn:aws:iam::123456789012:role/TenantRole"]
  role_arns = {
    api_handler      = "arn:aws:iam::123456789012:role/LambdaRole"
    migrate_database = "arn:aws:iam::123456789012:role/MigrateDatabaseRole"
    rotate_secret    = "arn:aws:iam::123456789012:role/RotateSecretRole"
    onboard_tenant   = "arn:aws:iam::123456789012:role/OnboardTenantRole"
    offboard_tenant  = "arn:aws:iam::123456789012:role/OffboardTenantRole"
  }
  user_pool_arn     = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
  export_bucket_arn = "arn:aws:s3:::bulkhead-exports"
}

run "a_region_with_other_names_of_endpoints_is_refused" {
  command = plan

  variables {
    placement = { name = "bulkhead", partition = "aws-cn", region = "cn-north-1", account_id = "123456789012" }
    zones     = ["cn-north-1a", "cn-north-1b"]
  }

  expect_failures = [var.placement]
}

run "public_addresses_are_refused" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

run "too_few_addresses_are_refused" {
  command = plan

  variables {
    cidr = "10.20.0.0/25"
  }

  expect_failures = [var.cidr]
}

run "an_address_within_a_block_is_refused" {
  command = plan

  variables {
    cidr = "10.20.0.1/20"
  }

  expect_failures = [var.cidr]
}

run "one_zone_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a"]
  }

  expect_failures = [var.zones]
}

run "a_zone_of_another_region_is_refused" {
  command = plan

  variables {
    zones = ["eu-central-1a", "us-east-1b"]
  }

  expect_failures = [var.zones]
}

run "wildcards_are_refused" {
  command = plan

  variables {
    tables = {
      pooled_arn   = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
      registry_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/tenants"
    }
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
    tenant_role_arns = ["arn:aws:iam::123456789012:role/*"]
    role_arns = {
      api_handler      = "*"
      migrate_database = "arn:aws:iam::123456789012:role/MigrateDatabaseRole"
      rotate_secret    = "arn:aws:iam::123456789012:role/RotateSecretRole"
      onboard_tenant   = "arn:aws:iam::123456789012:role/OnboardTenantRole"
      offboard_tenant  = "arn:aws:iam::123456789012:role/OffboardTenantRole"
    }
    user_pool_arn     = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/*"
    export_bucket_arn = "arn:aws:s3:::*"
  }

  expect_failures = [
    var.tables, var.secrets, var.tenant_role_arns, var.role_arns, var.user_pool_arn, var.export_bucket_arn,
  ]
}

run "nobody_with_tenant_sessions_is_refused" {
  command = plan

  variables {
    tenant_role_arns = []
  }

  expect_failures = [var.tenant_role_arns]
}
