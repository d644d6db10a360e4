# What the module refuses to be given.

variables {
  roles = ["admin"]
}

run "every_secret_is_refused" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "the_writers_secret_is_not_the_readers" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "a_role_is_needed" {
  command = plan

  variables {
    roles = []
  }

  expect_failures = [var.roles]
}

run "every_role_is_refused" {
  command = plan

  variables {
    roles = ["*"]
  }

  expect_failures = [var.roles]
}
