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
    condition = [for s in jsondecode(aws_iam_role_policy.database_secrets_only["migrate_database"].policy).Statement : s if s.Effect == "Allow"] == [{
      Sid      = "ReadDatabaseSecretsOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.secrets.master_arn, var.secrets.reader_arn, var.secrets.writer_arn]
    }]
    error_message = "migrate_database must read the three secrets, write none, and reach nothing else."
  }

  assert {
    condition     = output.migrate_database_identity_policy == aws_iam_role_policy.database_secrets_only["migrate_database"].policy
    error_message = "The output must be the policy that the role has."
  }
}

run "rotation_writes_the_logins_secrets_and_does_nothing_else" {
  command = plan

  assert {
    condition = jsonencode([for s in jsondecode(aws_iam_role_policy.database_secrets_only["rotate_secret"].policy).Statement : s if s.Effect == "Allow"]) == jsonencode([
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

  assert {
    condition     = output.rotate_secret_identity_policy == aws_iam_role_policy.database_secrets_only["rotate_secret"].policy
    error_message = "The output must be the policy that the role has."
  }
}

run "neither_scans_and_only_the_lambda_service_takes_the_roles" {
  command = plan

  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy.database_secrets_only :
      [for s in jsondecode(policy.policy).Statement : s if s.Effect != "Allow"] == [{
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      }]
    ])
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement == [{
        Sid       = "LambdaServiceOnly"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
      && role.assume_role_policy == output.trust_policy
    ])
    error_message = "Only the Lambda service may assume the roles."
  }

  assert {
    condition = alltrue([
      for function in ["migrate_database", "rotate_secret"] :
      aws_iam_role_policies_exclusive.this[function].policy_names == toset([aws_iam_role_policy.database_secrets_only[function].name])
      && aws_iam_role_policies_exclusive.this[function].role_name == aws_iam_role.this[function].name
      && length(aws_iam_role_policy_attachments_exclusive.this[function].policy_arns) == 0
      && aws_iam_role_policy_attachments_exclusive.this[function].role_name == aws_iam_role.this[function].name
    ])
    error_message = "Each role must have its one policy and no other."
  }

  assert {
    condition = [output.migrate_database_role_arn, output.rotate_secret_role_arn] == [
      "arn:aws:iam::123456789012:role/example-MigrateDatabaseRole",
      "arn:aws:iam::123456789012:role/example-RotateSecretRole",
    ]
    error_message = "The ARNs must be built from the names, and known although they wait for the roles."
  }
}

run "what_a_function_needs_to_run_is_a_policy_of_its_own" {
  command = plan

  variables {
    runtime_policies = {
      rotate_secret = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "WriteOwnLogOnly" }] })
    }
  }

  assert {
    condition = (
      jsonencode({ for function, policy in aws_iam_role_policy.runtime : function => policy.policy }) == jsonencode(var.runtime_policies)
      && aws_iam_role_policy.runtime["rotate_secret"].role == aws_iam_role.this["rotate_secret"].name
    )
    error_message = "Each role must have the policy that is given for its function."
  }

  assert {
    condition = { for function, role in aws_iam_role_policies_exclusive.this : function => length(role.policy_names) } == {
      migrate_database = 1
      rotate_secret    = 2
    }
    error_message = "Only the function that is given a second policy must have one."
  }
}

run "a_stages_own_key_is_used_through_secrets_manager_only" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for policy in [output.migrate_database_identity_policy, output.rotate_secret_identity_policy] :
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

run "a_policy_of_no_function_is_refused" {
  command = plan

  variables {
    runtime_policies = { drop_database = jsonencode({ Statement = [] }) }
  }

  expect_failures = [var.runtime_policies]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    runtime_policies = { rotate_secret = "AdministratorAccess" }
  }

  expect_failures = [var.runtime_policies]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/example-RotateSecretRole" }
  }

  expect_failures = [aws_iam_role.this]
}
