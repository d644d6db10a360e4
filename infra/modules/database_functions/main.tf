# The execution roles of the two functions that handle the database's passwords. No other role of the product
# may read the master's, and neither of these opens a tenant's session or reaches a table.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  names = {
    migrate_database = "MigrateDatabaseRole"
    rotate_secret    = "RotateSecretRole"
  }

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

module "roles" {
  source = "../execution_role"

  placement        = var.placement
  runtime_policies = var.runtime_policies

  functions = {
    for function, name in local.names : function => {
      name        = name
      description = "The function ${function}: reads and writes secrets of the database, and no tenant's items."
      policy_name = "DatabaseSecretsOnly"
      policy      = local.identity_policies[function]
    }
  }
}
