# How the database is kept and reached, read from the plan alone.

mock_provider "aws" {}

variables {
  placement       = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  master_password = "a-password-of-the-master"

  instance = {
    class              = "db.t4g.small"
    storage_gb         = 20
    max_storage_gb     = 100
    subnet_ids         = ["subnet-1", "subnet-2"]
    security_group_ids = ["sg-1"]
    database_name      = "example"
    master_username    = "db_master"
  }
}

run "connections_are_private_encrypted_and_by_password" {
  command = plan

  assert {
    condition = { for p in aws_db_parameter_group.this[0].parameter : p.name => p.value } == {
      "rds.force_ssl"                       = "1"
      "password_encryption"                 = "scram-sha-256"
      "idle_session_timeout"                = "900000"
      "idle_in_transaction_session_timeout" = "60000"
    }
    error_message = "The server must refuse connections without TLS, keep passwords as SCRAM verifiers, and end idle sessions."
  }

  assert {
    condition = (
      aws_db_instance.this[0].parameter_group_name == aws_db_parameter_group.this[0].name
      && aws_db_parameter_group.this[0].name == "example-postgres17"
      && aws_db_parameter_group.this[0].family == "postgres17"
      && aws_db_instance.this[0].engine == "postgres"
      && aws_db_instance.this[0].engine_version == "17"
    )
    error_message = "The instance must be PostgreSQL with this parameter group."
  }

  assert {
    condition     = !aws_db_instance.this[0].publicly_accessible
    error_message = "The instance must have no public address."
  }

  assert {
    condition = (
      aws_db_instance.this[0].db_subnet_group_name == aws_db_subnet_group.this[0].name
      && aws_db_subnet_group.this[0].subnet_ids == toset(["subnet-1", "subnet-2"])
      && aws_db_instance.this[0].vpc_security_group_ids == toset(["sg-1"])
    )
    error_message = "The instance must be in the given subnets, behind the given security group."
  }

  assert {
    condition     = !aws_db_instance.this[0].iam_database_authentication_enabled
    error_message = "The secrets alone must decide who may log in."
  }

  assert {
    condition     = aws_db_instance.this[0].ca_cert_identifier == "rds-ca-rsa2048-g1"
    error_message = "The certificate must be of the authority that clients verify."
  }

  assert {
    condition     = aws_db_instance.this[0].password == null && aws_db_instance.this[0].password_wo_version == 1
    error_message = "The master password must be write-only."
  }
}

run "the_data_is_encrypted_restorable_and_protected" {
  command = plan

  assert {
    condition     = aws_db_instance.this[0].storage_encrypted
    error_message = "The storage must be encrypted."
  }

  assert {
    condition     = aws_db_instance.this[0].deletion_protection
    error_message = "The instance must be protected against deletion unless a stage says otherwise."
  }

  assert {
    condition     = !aws_db_instance.this[0].skip_final_snapshot && aws_db_instance.this[0].final_snapshot_identifier == "example-final"
    error_message = "A deleted instance must leave a snapshot unless a stage says otherwise."
  }

  assert {
    condition     = aws_db_instance.this[0].backup_retention_period == 14 && aws_db_instance.this[0].copy_tags_to_snapshot
    error_message = "Backups must be kept for two weeks unless a stage says otherwise, with the instance's tags."
  }

  assert {
    condition     = aws_db_instance.this[0].multi_az
    error_message = "The instance must have a standby in another zone unless a stage says otherwise."
  }

  assert {
    condition     = aws_db_instance.this[0].auto_minor_version_upgrade
    error_message = "Security fixes must be installed."
  }

  assert {
    condition = (
      aws_db_instance.this[0].performance_insights_enabled
      && aws_db_instance.this[0].enabled_cloudwatch_logs_exports == toset(["postgresql", "upgrade"])
      && { for log in aws_cloudwatch_log_group.this : log.name => log.retention_in_days } == {
        "/aws/rds/instance/example/postgresql" = 90
        "/aws/rds/instance/example/upgrade"    = 90
      }
    )
    error_message = "The server's load and logs must be visible, and logs kept for as long as the stage says."
  }

  assert {
    condition = (
      aws_db_instance.this[0].storage_type == "gp3"
      && aws_db_instance.this[0].allocated_storage == 20
      && aws_db_instance.this[0].max_allocated_storage == 100
    )
    error_message = "The storage must grow by itself up to the limit."
  }

  assert {
    condition     = output.port == 5432 && output.name == "example"
    error_message = "The port and the database's name must be known at plan time."
  }
}

run "a_stage_chooses_its_own_key_and_version" {
  command = plan

  variables {
    placement               = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
    master_password_version = 2
    instance                = merge(var.instance, { engine_version = "16.9" })
  }

  assert {
    condition = (
      aws_db_instance.this[0].kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/1234"
      && aws_db_instance.this[0].performance_insights_kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/1234"
    )
    error_message = "The stage's key must encrypt the storage, and the statements that Performance Insights keeps."
  }

  assert {
    condition     = aws_db_parameter_group.this[0].family == "postgres16" && aws_db_instance.this[0].engine_version == "16.9"
    error_message = "The parameter group must be of the major version."
  }

  assert {
    condition     = aws_db_instance.this[0].password_wo_version == 2
    error_message = "A raised version must set another master password."
  }
}

run "a_stage_with_disposable_data_can_be_deleted" {
  command = plan

  variables {
    instance = merge(var.instance, {
      class                 = "db.t4g.micro"
      max_storage_gb        = 22
      multi_az              = false
      backup_retention_days = 1
      deletion_protection   = false
      final_snapshot        = false
      log_retention_days    = 1
    })
  }

  assert {
    condition = (
      !aws_db_instance.this[0].deletion_protection
      && aws_db_instance.this[0].skip_final_snapshot
      && aws_db_instance.this[0].final_snapshot_identifier == null
    )
    error_message = "The stage must be able to turn off protection and final snapshot."
  }

  assert {
    condition     = !aws_db_instance.this[0].multi_az && aws_db_instance.this[0].backup_retention_period == 1
    error_message = "The stage must be able to do without a standby, and with fewer backups."
  }
}

run "an_existing_server_is_taken_as_it_is" {
  command = plan

  variables {
    instance        = null
    master_password = null
    existing        = { host = "127.0.0.1", port = 5433, name = "example" }
  }

  assert {
    condition     = [output.host, tostring(output.port), output.name] == ["127.0.0.1", "5433", "example"]
    error_message = "The outputs must be the existing server's, known at plan time."
  }

  assert {
    condition = (
      length(aws_db_instance.this) + length(aws_db_parameter_group.this)
      + length(aws_db_subnet_group.this) + length(aws_cloudwatch_log_group.this)
    ) == 0
    error_message = "Nothing must be created for an existing server."
  }
}

# What the module refuses to be given.

run "there_must_be_a_server" {
  command = plan

  variables {
    instance        = null
    master_password = null
  }

  expect_failures = [var.instance]
}

run "there_must_be_one_server" {
  command = plan

  variables {
    existing = { host = "127.0.0.1", port = 5432, name = "example" }
  }

  expect_failures = [var.instance]
}

run "an_instance_that_rds_would_refuse_is_refused" {
  command = plan

  variables {
    instance = merge(var.instance, {
      class                 = "t4g.small"
      engine_version        = "9.6"
      max_storage_gb        = 20
      subnet_ids            = ["subnet-1", "subnet-1"]
      security_group_ids    = []
      database_name         = "bulk-head"
      backup_retention_days = 0
    })
  }

  expect_failures = [var.instance]
}

run "backups_cannot_be_turned_off" {
  command = plan

  variables {
    instance = merge(var.instance, { backup_retention_days = 0 })
  }

  expect_failures = [var.instance]
}

run "a_url_is_no_host" {
  command = plan

  variables {
    instance        = null
    master_password = null
    existing        = { host = "postgresql://127.0.0.1", port = 0, name = "" }
  }

  expect_failures = [var.existing]
}

run "a_new_instance_needs_a_master_password" {
  command = plan

  variables {
    master_password = null
  }

  expect_failures = [var.master_password]
}

run "an_existing_server_keeps_its_master_password" {
  command = plan

  variables {
    instance = null
    existing = { host = "127.0.0.1", port = 5432, name = "example" }
  }

  expect_failures = [var.master_password]
}

run "a_password_that_rds_would_refuse_is_refused" {
  command = plan

  variables {
    master_password         = "a password/with@quotes'"
    master_password_version = 0.5
  }

  expect_failures = [var.master_password, var.master_password_version]
}
