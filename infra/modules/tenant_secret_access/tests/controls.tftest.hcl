# What a tenant's session may do with secrets, read from the plan alone: statements that are not known at
# plan time fail here as well ("Unknown condition value").

variables {
  roles = ["admin"]
  database_secrets = {
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
  }
}

run "a_session_reads_the_database_secret_of_its_role_only" {
  command = plan

  assert {
    condition     = length(output.statements) == 2
    error_message = "There must be one statement for each secret."
  }

  assert {
    condition = output.statements[0] == {
      Sid      = "ReadReaderSecretOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"]
    }
    error_message = "Every session may read the reader's secret, and do nothing else with secrets."
  }

  assert {
    condition = jsonencode(output.statements[1]) == jsonencode({
      Sid       = "ReadWriterSecretAsAdminOnly"
      Effect    = "Allow"
      Action    = ["secretsmanager:GetSecretValue"]
      Resource  = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"]
      Condition = { StringEquals = { "aws:PrincipalTag/role" = ["admin"] } }
    })
    error_message = "Only sessions tagged admin may read the writer's secret."
  }
}

run "a_stage_without_a_database_has_no_secrets" {
  command = plan

  variables {
    database_secrets = null
  }

  assert {
    condition     = length(output.statements) == 0
    error_message = "There must be no statement without a secret."
  }
}

run "the_roles_are_the_given_ones" {
  command = plan

  variables {
    roles = ["owner", "auditor"]
  }

  assert {
    condition = [for s in output.statements : s.Sid] == ["ReadReaderSecretOnly", "ReadWriterSecretAsOwnerOrAuditorOnly"] && (
      jsonencode(output.statements[1].Condition) == jsonencode({ StringEquals = { "aws:PrincipalTag/role" = ["owner", "auditor"] } })
    )
    error_message = "Sessions with the given roles may read the writer's secret, and the statement's name must say so."
  }
}

# What the module refuses to be given.

run "every_secret_is_refused" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "the_writers_secret_is_not_the_readers" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
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
