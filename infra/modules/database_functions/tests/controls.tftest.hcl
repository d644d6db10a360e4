# What the functions that handle the database's passwords may do, read from the plan alone: a policy that is
# not known at plan time fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }

  secrets = {
    master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????"
    reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
    writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
  }
}

run "migrations_read_the_three_secrets_and_do_nothing_else" {
  command = plan

  assert {
    condition = [for s in jsondecode(output.identity_policies.migrate_database).Statement : s if s.Effect == "Allow"] == [{
      Sid      = "ReadDatabaseSecretsOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.secrets.master_arn, var.secrets.reader_arn, var.secrets.writer_arn]
    }]
    error_message = "migrate_database must read the three secrets, write none, and reach nothing else."
  }
}

run "rotation_writes_the_logins_secrets_and_does_nothing_else" {
  command = plan

  assert {
    condition = jsonencode([for s in jsondecode(output.identity_policies.rotate_secret).Statement : s if s.Effect == "Allow"]) == jsonencode([
      {
        Sid      = "ReadMasterSecretOnly"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = [var.secrets.master_arn]
      },
      {
        Sid    = "RotateLoginSecretsOnly"
        Effect = "Allow"
        Action = [
          "secretsmanager:GetSecretValue",
          "secretsmanager:DescribeSecret",
          "secretsmanager:PutSecretValue",
          "secretsmanager:UpdateSecretVersionStage",
        ]
        Resource = [var.secrets.reader_arn, var.secrets.writer_arn]
      },
      {
        Sid      = "DrawRandomPasswords"
        Effect   = "Allow"
        Action   = ["secretsmanager:GetRandomPassword"]
        Resource = ["*"]
      },
    ])
    error_message = "rotate_secret must read the master's secret, write those of the two logins, and reach nothing else."
  }
}

run "neither_scans" {
  command = plan

  assert {
    condition = alltrue([
      for policy in values(output.identity_policies) :
      [for s in jsondecode(policy).Statement : s if s.Effect != "Allow"] == [{
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      }]
    ])
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }
}

run "each_function_has_a_role_with_its_policy" {
  command = plan

  assert {
    condition = output.role_arns == {
      migrate_database = "arn:aws:iam::123456789012:role/example-MigrateDatabaseRole"
      rotate_secret    = "arn:aws:iam::123456789012:role/example-RotateSecretRole"
    }
    error_message = "The ARNs must be built from the names, and known although they wait for the roles."
  }

  assert {
    condition     = module.roles.policies == output.identity_policies
    error_message = "The policies must be those that the roles have."
  }
}

run "a_stages_own_key_is_used_through_secrets_manager_only" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for policy in [output.identity_policies.migrate_database, output.identity_policies.rotate_secret] :
      one([for s in jsondecode(policy).Statement : jsonencode(s) if startswith(s.Action[0], "kms:")])
      ] == [
      for s in concat(module.key_access.reading.secretsmanager, module.key_access.writing.secretsmanager) : jsonencode(s)
    ]
    error_message = "migrate_database must decrypt, rotate_secret also encrypt, and both through Secrets Manager only."
  }
}

# What the module refuses to be given.

run "every_secret_is_refused" {
  command = plan

  variables {
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-*"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  expect_failures = [var.secrets]
}

run "the_master_secret_is_no_logins_secret" {
  command = plan

  variables {
    secrets = {
      master_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????"
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/master-??????"
    }
  }

  expect_failures = [var.secrets]
}
