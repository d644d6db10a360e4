# What a tenant's session may do, and who may open one, read from the plan alone: a policy that is not
# known at plan time fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  confined_by       = "tag"
  placement         = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  table_arn         = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
  rights = {
    read       = ["viewer", "member", "admin"]
    write      = ["member", "admin"]
    administer = ["admin"]
  }
}

run "a_session_reaches_its_own_partition_only" {
  command = plan

  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid => "${s.Effect} ${join(" ", s.Action)}" } == {
      ReadOwnPartitionOnly                 = "Allow dynamodb:GetItem dynamodb:Query"
      WriteOwnPartitionOnlyAsMemberOrAdmin = "Allow dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
      NeverScan                            = "Deny dynamodb:Scan dynamodb:PartiQL*"
    }
    error_message = "The policy must allow five actions on items, and deny Scan and PartiQL."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement :
      try(s.Condition["ForAllValues:StringLike"], null) == { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] }
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must confine the leading keys to the session's own tenant, up to the delimiter."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement :
      try(s.Condition.Null, null) == { "dynamodb:LeadingKeys" = "false" }
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must require a leading key, since ForAllValues holds when there is none."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement :
      s.Resource == [var.table_arn]
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must name the table and nothing else: no index, no stream."
  }

  assert {
    condition = try(
      one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "WriteOwnPartitionOnlyAsMemberOrAdmin"]).Condition.StringEquals,
      null
    ) == { "aws:PrincipalTag/role" = ["member", "admin"] }
    error_message = "Only sessions tagged member or admin may write."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "NeverScan"]), null) == {
      Sid      = "NeverScan"
      Effect   = "Deny"
      Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
      Resource = ["*"]
    }
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }

  assert {
    condition = (
      aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.this.name])
      && length(aws_iam_role_policy_attachments_exclusive.this.policy_arns) == 0
    )
    error_message = "The role must have this one policy and no other."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.this.policy
    error_message = "The output must be the policy that the role has."
  }
}

run "a_session_reads_the_database_secret_of_its_role_only" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid] == [
      "ReadOwnPartitionOnly", "WriteOwnPartitionOnlyAsMemberOrAdmin", "ReadReaderSecretOnly", "ReadWriterSecretAsAdminOnly", "NeverScan",
    ]
    error_message = "The policy must say nothing more than in a stage without a database, but for two secrets."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "ReadReaderSecretOnly"]), null) == {
      Sid      = "ReadReaderSecretOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [var.database_secrets.reader_arn]
    }
    error_message = "Every session may read the reader's secret, and do nothing else with secrets."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "ReadWriterSecretAsAdminOnly"]), null) == {
      Sid       = "ReadWriterSecretAsAdminOnly"
      Effect    = "Allow"
      Action    = ["secretsmanager:GetSecretValue"]
      Resource  = [var.database_secrets.writer_arn]
      Condition = { StringEquals = { "aws:PrincipalTag/role" = ["admin"] } }
    }
    error_message = "Only sessions tagged admin may read the writer's secret."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.this.policy
    error_message = "The output must be the policy that the role has."
  }
}

run "a_session_reaches_data_through_the_stages_endpoints_only" {
  command = plan

  variables {
    endpoints = { sts_ids = ["vpce-0123456789abcdef0"], data_ids = ["vpce-0123456789abcdef1", "vpce-0123456789abcdef2"] }
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s if s.Sid == "NeverThroughOtherEndpoints"]), null) == {
      Sid       = "NeverThroughOtherEndpoints"
      Effect    = "Deny"
      Action    = ["dynamodb:*", "secretsmanager:*"]
      Resource  = ["*"]
      Condition = { StringNotEquals = { "aws:SourceVpce" = ["vpce-0123456789abcdef1", "vpce-0123456789abcdef2"] } }
    }
    error_message = "Data must be denied by every other way, also where a call came through no endpoint."
  }
}

run "a_token_opens_a_session_that_its_tags_confine" {
  command = plan

  variables {
    confined_by       = "token"
    trusted_role_arns = []
    endpoints         = { sts_ids = ["vpce-0123456789abcdef0"], data_ids = ["vpce-0123456789abcdef1"] }
    token = {
      provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com"
      issuer_host  = "issuer.example.com"
      audience     = "client12345"
      session_per  = "tenant"
    }
  }

  assert {
    condition = aws_iam_role.this.assume_role_policy == module.trust.policy && alltrue([
      for s in jsondecode(aws_iam_role.this.assume_role_policy).Statement :
      s.Principal == { Federated = var.token.provider_arn } && try(s.Condition.StringEquals["aws:SourceVpce"], null) == ["vpce-0123456789abcdef0"]
      && try(s.Condition.StringEquals["issuer.example.com:aud"], null) == "client12345"
    ])
    error_message = "No AWS principal may open a session, and a token only through the stage's endpoint of STS."
  }

  assert {
    condition = [
      for s in jsondecode(output.identity_policy).Statement : jsonencode(s) if s.Sid != "NeverThroughOtherEndpoints"
    ] == [for s in jsondecode(run.a_session_reaches_its_own_partition_only.identity_policy).Statement : jsonencode(s)]
    error_message = "A session must reach what one that a trusted role opens reaches."
  }
}

run "a_session_policy_confines_what_the_role_reaches_by_leading_key" {
  command = plan

  variables {
    name        = "TenantPolicyRole"
    confined_by = "session_policy"
  }

  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid => "${s.Effect} ${join(" ", s.Action)}" } == {
      ReadByLeadingKeyOnly                 = "Allow dynamodb:GetItem dynamodb:Query"
      WriteByLeadingKeyOnlyAsMemberOrAdmin = "Allow dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
      NeverScan                            = "Deny dynamodb:Scan dynamodb:PartiQL*"
    }
    error_message = "Under a session policy the policy must allow five actions on items, and deny Scan and PartiQL."
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.this.policy).Statement : jsonencode(s.Condition) if s.Effect == "Allow"] == [
      jsonencode({ Null = { "dynamodb:LeadingKeys" = "false" } }),
      jsonencode({ Null = { "dynamodb:LeadingKeys" = "false" }, StringEquals = { "aws:PrincipalTag/role" = ["member", "admin"] } }),
    ]
    error_message = "Every Allow must require a leading key, which is what a session policy narrows."
  }

  assert {
    condition     = aws_iam_role.this.name == "example-TenantPolicyRole" && output.arn == "arn:aws:iam::123456789012:role/example-TenantPolicyRole"
    error_message = "The role must be called as it is told."
  }

  assert {
    condition     = aws_iam_role_policy.this.name == "ByLeadingKeyOnly"
    error_message = "The policy's name must say what it confines, as in a stage that was deployed before."
  }
}

run "only_trusted_roles_open_a_session" {
  command = plan

  assert {
    condition = [for s in jsondecode(aws_iam_role.this.assume_role_policy).Statement : s.Principal] == [
      { AWS = ["arn:aws:iam::123456789012:role/LambdaRole"] },
    ]
    error_message = "Only the trusted roles may assume the role."
  }

  assert {
    condition     = aws_iam_role.this.assume_role_policy == module.trust.policy
    error_message = "The trust policy must be the one that tenant_trust says."
  }

  assert {
    condition     = aws_iam_role.this.max_session_duration == 3600
    error_message = "A session lives for an hour at most."
  }

  assert {
    condition     = output.trust_policy == aws_iam_role.this.assume_role_policy
    error_message = "The output must be the policy that the role has."
  }

  assert {
    condition     = output.arn == "arn:aws:iam::123456789012:role/example-TenantRole"
    error_message = "The ARN must be built from the name."
  }
}

run "the_roles_are_those_of_the_rights" {
  command = plan

  variables {
    rights = {
      read       = ["owner", "clerk", "auditor"]
      write      = ["owner", "clerk"]
      administer = ["owner"]
    }
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals == {
      "aws:RequestTag/role" = ["owner", "clerk", "auditor"]
    }
    error_message = "The roles that read, in their order, must be those that sessions may have."
  }

  assert {
    condition = {
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid => s.Condition.StringEquals["aws:PrincipalTag/role"]
      if can(s.Condition.StringEquals)
      } == {
      WriteOwnPartitionOnlyAsOwnerOrClerk = ["owner", "clerk"]
      ReadWriterSecretAsOwnerOnly         = ["owner"]
    }
    error_message = "The roles that write and those that administer must be the given ones, and the statements' names must say so."
  }
}

run "a_stages_own_key_is_used_through_the_services_only" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  assert {
    condition = [
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement : jsonencode(s) if startswith(s.Action[0], "kms:")
    ] == [for s in concat(module.key_access.writing.dynamodb, module.key_access.reading.secretsmanager) : jsonencode(s)]
    error_message = "The key must be used through DynamoDB and, to decrypt, through Secrets Manager, and not by the session itself."
  }
}

run "a_stage_with_a_key_and_without_a_database" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid if startswith(s.Action[0], "kms:")
    ] == ["WriteWithKeyThroughDynamoDbOnly"]
    error_message = "Where there are no secrets, nothing must be decrypted for Secrets Manager."
  }
}

# What the module refuses to be given.

run "an_index_is_refused" {
  command = plan

  variables {
    table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled/index/*"
  }

  expect_failures = [var.table_arn]
}

run "every_table_is_refused" {
  command = plan

  variables {
    table_arn = "arn:aws:dynamodb:eu-central-1:123456789012:table/*"
  }

  expect_failures = [var.table_arn]
}

run "nobody_with_a_right_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer"]
      write      = ["viewer"]
      administer = []
    }
  }

  expect_failures = [var.rights]
}

run "every_role_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer", "*"]
      write      = ["viewer"]
      administer = ["viewer"]
    }
  }

  expect_failures = [var.rights]
}

run "writing_without_reading_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer"]
      write      = ["viewer", "member"]
      administer = ["viewer"]
    }
  }

  expect_failures = [var.rights]
}

run "administering_without_writing_is_refused" {
  command = plan

  variables {
    rights = {
      read       = ["viewer", "admin"]
      write      = ["viewer"]
      administer = ["admin"]
    }
  }

  expect_failures = [var.rights]
}

run "tags_that_a_token_says_are_confined_by_token" {
  command = plan

  variables {
    trusted_role_arns = []
    token             = { provider_arn = "arn:aws:iam::123456789012:oidc-provider/issuer.example.com", issuer_host = "issuer.example.com", audience = "client12345", session_per = "tenant" }
  }

  expect_failures = [var.confined_by]
}

run "nothing_else_confines" {
  command = plan

  variables {
    confined_by = "code"
  }

  expect_failures = [var.confined_by]
}

run "a_name_is_checked" {
  command = plan

  variables {
    name = "Tenant/Role"
  }

  expect_failures = [var.name]
}

run "any_endpoint_is_none" {
  command = plan

  variables {
    endpoints = { sts_ids = ["vpce-0123456789abcdef0"], data_ids = ["*"] }
  }

  expect_failures = [var.endpoints]
}

run "every_secret_is_refused" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/*"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "one_secret_for_both_logins_is_refused" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:example/database/app_writer-??????"
    }
  }

  expect_failures = [var.database_secrets]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/example-TenantRole" }
  }

  expect_failures = [aws_iam_role.this]
}
