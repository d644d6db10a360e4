# What a tenant's session may do, and who may open one, read from the plan alone: a policy that is not
# known at plan time fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  name              = "TenantRole"
  account_id        = "123456789012"
  table_arn         = "arn:aws:dynamodb:eu-central-1:123456789012:table/pooled"
  trusted_role_arns = ["arn:aws:iam::123456789012:role/LambdaRole"]
}

run "a_session_reaches_its_own_partition_only" {
  command = plan

  assert {
    condition = { for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s.Sid => "${s.Effect} ${join(" ", s.Action)}" } == {
      ReadOwnPartitionOnly                 = "Allow dynamodb:GetItem dynamodb:Query"
      WriteOwnPartitionOnlyAsMemberOrAdmin = "Allow dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem"
      NeverScan                            = "Deny dynamodb:Scan dynamodb:PartiQL*"
    }
    error_message = "The policy must allow five actions on items, and deny Scan and PartiQL."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement :
      try(s.Condition["ForAllValues:StringLike"], null) == { "dynamodb:LeadingKeys" = ["$${aws:PrincipalTag/tenant}#*"] }
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must confine the leading keys to the session's own tenant, up to the delimiter."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement :
      try(s.Condition.Null, null) == { "dynamodb:LeadingKeys" = "false" }
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must require a leading key, since ForAllValues holds when there is none."
  }

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement :
      s.Resource == [var.table_arn]
      if s.Effect == "Allow"
    ])
    error_message = "Every Allow must name the table and nothing else: no index, no stream."
  }

  assert {
    condition = try(
      one([for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s if s.Sid == "WriteOwnPartitionOnlyAsMemberOrAdmin"]).Condition.StringEquals,
      null
    ) == { "aws:PrincipalTag/role" = ["member", "admin"] }
    error_message = "Only sessions tagged member or admin may write."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s if s.Sid == "NeverScan"]), null) == {
      Sid      = "NeverScan"
      Effect   = "Deny"
      Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
      Resource = ["*"]
    }
    error_message = "Scan and PartiQL must be denied on everything, without a condition."
  }

  assert {
    condition = (
      aws_iam_role_policies_exclusive.this.policy_names == toset([aws_iam_role_policy.own_partition_only.name])
      && length(aws_iam_role_policy_attachments_exclusive.this.policy_arns) == 0
    )
    error_message = "The role must have this one policy and no other."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.own_partition_only.policy
    error_message = "The output must be the policy that the role has."
  }
}

run "a_session_reads_the_database_secret_of_its_role_only" {
  command = plan

  variables {
    database_secrets = {
      reader_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"
      writer_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"
    }
  }

  assert {
    condition = [for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s.Sid] == [
      "ReadOwnPartitionOnly", "WriteOwnPartitionOnlyAsMemberOrAdmin", "ReadReaderSecretOnly", "ReadWriterSecretAsAdminOnly", "NeverScan",
    ]
    error_message = "The policy must say nothing more than in a stage without a database, but for two secrets."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s if s.Sid == "ReadReaderSecretOnly"]), null) == {
      Sid      = "ReadReaderSecretOnly"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_reader-??????"]
    }
    error_message = "Every session may read the reader's secret, and do nothing else with secrets."
  }

  assert {
    condition = try(one([for s in jsondecode(aws_iam_role_policy.own_partition_only.policy).Statement : s if s.Sid == "ReadWriterSecretAsAdminOnly"]), null) == {
      Sid       = "ReadWriterSecretAsAdminOnly"
      Effect    = "Allow"
      Action    = ["secretsmanager:GetSecretValue"]
      Resource  = ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:bulkhead/database/app_writer-??????"]
      Condition = { StringEquals = { "aws:PrincipalTag/role" = ["admin"] } }
    }
    error_message = "Only sessions tagged admin may read the writer's secret."
  }

  assert {
    condition     = output.identity_policy == aws_iam_role_policy.own_partition_only.policy
    error_message = "The output must be the policy that the role has."
  }
}

run "only_trusted_roles_open_a_session" {
  command = plan

  assert {
    condition = [for s in jsondecode(aws_iam_role.this.assume_role_policy).Statement : { for key, value in s : key => value if key != "Condition" }] == [{
      Sid       = "TrustedRolesForOneTaggedTenantOnly"
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::123456789012:role/LambdaRole"] }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
    }]
    error_message = "Only the trusted roles may assume the role, and tag the session."
  }

  assert {
    condition = try(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition.StringEquals, null) == {
      "aws:RequestTag/role" = ["viewer", "member", "admin"]
    }
    error_message = "A session needs the tag role, with a known role."
  }

  assert {
    condition = try(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition["ForAllValues:StringEquals"], null) == {
      "aws:TagKeys" = ["tenant", "role"]
    }
    error_message = "A session may have no tag other than tenant and role."
  }

  assert {
    condition = keys(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition) == [
      "ForAllValues:StringEquals", "StringEquals", "StringLike", "StringNotLike",
    ]
    error_message = "The trust policy must have its four conditions and none that holds when a tag is absent."
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
    condition     = output.arn == "arn:aws:iam::123456789012:role/TenantRole"
    error_message = "The ARN must be built from the name."
  }
}

run "the_trust_policy_admits_the_tenant_grammar" {
  command = plan

  module {
    source = "./tests/tenant_tag"
  }

  variables {
    trust_policy = run.only_trusted_roles_open_a_session.trust_policy
    tenants = concat(
      ["acme", "acme-eu", "tenant1", "tenant10", "abc", "a-c", "000", "a--b", "abcdefghijklmnopqrstuvwxyz012345"],
      ["", "a", "ab", "-ab", "ab-", "---", "abcdefghijklmnopqrstuvwxyz0123456", "ACME"],
      flatten([
        for character in split("", "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/=+@ ") :
        ["${character}acme", "ac${character}me", "acme${character}"]
      ]),
    )
  }

  assert {
    condition     = length(output.admitted) == 9
    error_message = "The nine well-formed ids must be admitted, but these are: ${join(", ", output.admitted)}."
  }

  assert {
    condition     = output.admitted == [for tenant in var.tenants : tenant if can(regex("^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$", tenant))]
    error_message = "The trust policy must admit the ids of the tenant grammar and no other, but admits: ${join(", ", output.admitted)}."
  }
}

run "ten_roles_with_the_longest_names_can_be_trusted" {
  command = plan

  variables {
    trusted_role_arns = [for n in range(10) : "arn:aws:iam::123456789012:role/${join("", [for _ in range(63) : "r"])}${n}"]
  }

  assert {
    condition     = length(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal.AWS) == 10
    error_message = "All ten roles must be trusted."
  }
}
