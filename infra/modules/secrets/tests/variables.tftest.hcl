# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  database  = { host = "db.example.com", port = 5432, name = "bulkhead" }

  master          = { username = "bulkhead_master", password = "a-password-of-the-master" }
  reader_password = "a-password-of-app-reader-with-40-letters"
  writer_password = "a-password-of-app-writer-with-40-letters"
}

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
    master          = { username = "bulkhead_master", password = "short" }
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
    values = { arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:bulkhead/database/app_reader-AbCdEf" }
  }

  expect_failures = [aws_secretsmanager_secret.this]
}
