# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
}

run "there_must_be_a_server" {
  command = plan

  expect_failures = [var.instance]
}

run "there_must_be_one_server" {
  command = plan

  variables {
    master_password = "a-password-of-the-master"
    existing        = { host = "127.0.0.1", port = 5432, name = "bulkhead" }
    instance = {
      class              = "db.t4g.small"
      storage_gb         = 20
      max_storage_gb     = 100
      subnet_ids         = ["subnet-1", "subnet-2"]
      security_group_ids = ["sg-1"]
      database_name      = "bulkhead"
      master_username    = "bulkhead_master"
    }
  }

  expect_failures = [var.instance]
}

run "an_instance_that_rds_would_refuse_is_refused" {
  command = plan

  variables {
    master_password = "a-password-of-the-master"
    instance = {
      class                 = "t4g.small"
      engine_version        = "9.6"
      storage_gb            = 20
      max_storage_gb        = 20
      subnet_ids            = ["subnet-1", "subnet-1"]
      security_group_ids    = []
      database_name         = "bulk-head"
      master_username       = "bulkhead_master"
      backup_retention_days = 0
    }
  }

  expect_failures = [var.instance]
}

run "backups_cannot_be_turned_off" {
  command = plan

  variables {
    master_password = "a-password-of-the-master"
    instance = {
      class                 = "db.t4g.small"
      storage_gb            = 20
      max_storage_gb        = 100
      subnet_ids            = ["subnet-1", "subnet-2"]
      security_group_ids    = ["sg-1"]
      database_name         = "bulkhead"
      master_username       = "bulkhead_master"
      backup_retention_days = 0
    }
  }

  expect_failures = [var.instance]
}

run "a_url_is_no_host" {
  command = plan

  variables {
    existing = { host = "postgresql://127.0.0.1", port = 0, name = "" }
  }

  expect_failures = [var.existing]
}

run "a_new_instance_needs_a_master_password" {
  command = plan

  variables {
    instance = {
      class              = "db.t4g.small"
      storage_gb         = 20
      max_storage_gb     = 100
      subnet_ids         = ["subnet-1", "subnet-2"]
      security_group_ids = ["sg-1"]
      database_name      = "bulkhead"
      master_username    = "bulkhead_master"
    }
  }

  expect_failures = [var.master_password]
}

run "an_existing_server_keeps_its_master_password" {
  command = plan

  variables {
    existing        = { host = "127.0.0.1", port = 5432, name = "bulkhead" }
    master_password = "a-password-of-the-master"
  }

  expect_failures = [var.master_password]
}

run "a_password_that_rds_would_refuse_is_refused" {
  command = plan

  variables {
    master_password         = "a password/with@quotes'"
    master_password_version = 0.5
    instance = {
      class              = "db.t4g.small"
      storage_gb         = 20
      max_storage_gb     = 100
      subnet_ids         = ["subnet-1", "subnet-2"]
      security_group_ids = ["sg-1"]
      database_name      = "bulkhead"
      master_username    = "bulkhead_master"
    }
  }

  expect_failures = [var.master_password, var.master_password_version]
}
