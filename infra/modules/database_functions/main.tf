# The execution roles of the two functions that handle the database's passwords. No other role of the product
# may read the master's, and neither of these opens a tenant's session or reaches a table.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  names = {
    migrate_database = "${var.placement.name}-MigrateDatabaseRole"
    rotate_secret    = "${var.placement.name}-RotateSecretRole"
  }

  arns = { for function, name in local.names : function => "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${name}" }

  trust_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "LambdaServiceOnly"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })

  never_scan = {
    Sid      = "NeverScan"
    Effect   = "Deny"
    Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
    Resource = ["*"]
  }

  identity_policies = {
    # It creates the logins as the master, and gives them the passwords that their secrets hold.
    migrate_database = jsonencode({
      Version = "2012-10-17"
      Statement = concat([
        {
          Sid      = "ReadDatabaseSecretsOnly"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [var.secrets.master_arn, var.secrets.reader_arn, var.secrets.writer_arn]
        },
        local.never_scan,
      ], module.key_access.reading.secretsmanager)
    })

    rotate_secret = jsonencode({
      Version = "2012-10-17"
      Statement = concat([
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
        # On everything, because the action knows no resource: it draws random text, and reads and changes nothing.
        # Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
        {
          Sid      = "DrawRandomPasswords"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetRandomPassword"]
          Resource = ["*"]
        },
        local.never_scan,
      ], module.key_access.writing.secretsmanager)
    })
  }
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

resource "aws_iam_role" "this" {
  for_each = local.names

  name                 = each.value
  description          = "The function ${each.key}: reads and writes secrets of the database, and no tenant's items."
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arns[each.key]
      error_message = "The role is ${self.arn}, but policies name ${local.arns[each.key]}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "database_secrets_only" {
  for_each = aws_iam_role.this

  name   = "DatabaseSecretsOnly"
  role   = each.value.name
  policy = local.identity_policies[each.key]
}

# Apart from the policies above, which say what the functions are for.
resource "aws_iam_role_policy" "runtime" {
  for_each = var.runtime_policies

  name   = "Runtime"
  role   = aws_iam_role.this[each.key].name
  policy = each.value
}

# Whatever else is attached to the roles, by hand or by other code, is drift that the next apply removes.
resource "aws_iam_role_policies_exclusive" "this" {
  for_each = aws_iam_role_policy.database_secrets_only

  role_name    = each.value.role
  policy_names = concat([each.value.name], [for function, policy in aws_iam_role_policy.runtime : policy.name if function == each.key])
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  for_each = aws_iam_role.this

  role_name   = each.value.name
  policy_arns = []
}
