# Which secrets there are, what policies call them, and that no value is kept by Terraform. What the values
# are is write-only, so that tests/infra reads it from the secrets of a local AWS.

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  database  = { host = "db.example.com", port = 5432, name = "example" }

  master          = { username = "db_master", password = "a-password-of-the-master" }
  reader_password = "a-password-of-app-reader-with-40-letters"
  writer_password = "a-password-of-app-writer-with-40-letters"
}

run "each_login_has_a_secret_of_its_own" {
  command = plan

  assert {
    condition = { for login, secret in aws_secretsmanager_secret.this : login => secret.name } == {
      master = "example/database/master"
      reader = "example/database/app_reader"
      writer = "example/database/app_writer"
    }
    error_message = "Master, reader and writer must have a secret each, so that IAM can tell them apart."
  }

  assert {
    condition     = alltrue([for secret in aws_secretsmanager_secret.this : secret.recovery_window_in_days == 30])
    error_message = "A deleted secret must be restorable for 30 days unless a stage says otherwise."
  }
}

run "policies_name_exactly_one_secret_each" {
  command = plan

  assert {
    condition = [output.arn_patterns.master_arn, output.arn_patterns.reader_arn, output.arn_patterns.writer_arn] == [
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????",
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????",
      "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????",
    ]
    error_message = "The ARNs must be known at plan time, and leave open nothing but the six characters that AWS draws."
  }
}

run "passwords_are_write_only_and_written_once" {
  command = plan

  assert {
    condition = alltrue([
      for version in aws_secretsmanager_secret_version.this :
      version.secret_string == null && version.secret_string_wo == null && version.secret_binary == null
    ])
    error_message = "No password may be in the plan or the state."
  }

  assert {
    condition     = { for login, version in aws_secretsmanager_secret_version.this : login => version.secret_string_wo_version } == { master = 1, reader = 1, writer = 1 }
    error_message = "The values must be written when a version is raised, and at no other time."
  }

  assert {
    condition     = alltrue([for version in aws_secretsmanager_secret_version.this : version.version_stages == toset(["AWSCURRENT", "TERRAFORM"])])
    error_message = "Terraform's version must have a label that rotation leaves on it."
  }
}

run "new_passwords_are_written_on_demand" {
  command = plan

  variables {
    login_version = 2
  }

  assert {
    condition     = { for login, version in aws_secretsmanager_secret_version.this : login => version.secret_string_wo_version } == { master = 1, reader = 2, writer = 2 }
    error_message = "The logins' passwords must change apart from the master's."
  }
}

run "a_stage_chooses_its_own_key_and_recovery" {
  command = plan

  variables {
    recovery_window_days = 0
    placement            = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = alltrue([
      for secret in aws_secretsmanager_secret.this :
      secret.recovery_window_in_days == 0 && secret.kms_key_id == "arn:aws:kms:eu-central-1:123456789012:key/1234"
    ])
    error_message = "The variables must set the key and the recovery window of every secret."
  }
}

# What the module refuses to be given.

run "names_and_ids_are_checked" {
  command = plan

  variables {
    recovery_window_days = 1
    master_version       = 0
    login_version        = 1.5
  }

  expect_failures = [var.recovery_window_days, var.master_version, var.login_version]
}

run "short_passwords_of_master_and_writer_are_refused" {
  command = plan

  variables {
    master          = { username = "db_master", password = "short" }
    writer_password = "short"
  }

  expect_failures = [var.master, var.writer_password]
}

run "a_short_password_of_the_reader_is_refused" {
  command = plan

  variables {
    reader_password = "short"
  }

  expect_failures = [var.reader_password]
}

run "the_reader_does_not_know_the_writers_password" {
  command = plan

  variables {
    writer_password = "a-password-of-app-reader-with-40-letters"
  }

  expect_failures = [var.writer_password]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_secretsmanager_secret.this
    values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:example/database/app_reader-AbCdEf" }
  }

  expect_failures = [aws_secretsmanager_secret.this]
}
