# What may be asked for through each endpoint, and by whom: so that a function in the network cannot carry anything
# out with keys that are not its own, whatever these are allowed elsewhere. They give nobody a right: a call needs
# the caller's own policy as well.

locals {
  # The roles of tenants' sessions: those that users' tokens open, and that of offboarding, which has no token.
  session_roles = [var.tenant_role_arn, var.tenant_maintenance_role_arn]

  # One claim for each kind of caller: the roles, what they do, and on what.
  endpoint_statements = {
    dynamodb = {
      TenantSessionsOnPooledTableOnly = {
        roles     = local.session_roles
        actions   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
        resources = [var.tables.pooled_arn]
      }
      OnboardingAndOffboardingOnRegistryOnly = {
        roles     = [var.role_arns.onboard_tenant, var.role_arns.offboard_tenant]
        actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        resources = [var.tables.registry_arn]
      }
      ApiReadsSigningKeysOnly = {
        roles     = [var.role_arns.api_handler]
        actions   = ["dynamodb:GetItem"]
        resources = [var.tables.signing_keys_arn]
      }
    }

    s3 = {
      OffboardingOnExportsOnly = {
        roles     = [var.role_arns.offboard_tenant]
        actions   = ["s3:PutObject", "s3:GetObject"]
        resources = ["${var.export_bucket_arn}/*"]
      }
      OffboardingListsExportsOnly = {
        roles     = [var.role_arns.offboard_tenant]
        actions   = ["s3:ListBucket"]
        resources = [var.export_bucket_arn]
      }
    }

    sts = merge(
      {
        OpenMaintenanceSessionsOnly = {
          roles     = [var.role_arns.offboard_tenant]
          actions   = ["sts:AssumeRole", "sts:TagSession"]
          resources = [var.tenant_maintenance_role_arn]
        }
      },
      var.sessions_by_token ? {} : {
        OpenTenantSessionsOnly = {
          roles     = [var.role_arns.api_handler]
          actions   = ["sts:AssumeRole", "sts:TagSession"]
          resources = [var.tenant_role_arn]
        }
      },
    )

    secretsmanager = {
      TenantSessionsReadLoginSecretsOnly = {
        roles     = local.session_roles
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [var.secrets.reader_arn, var.secrets.writer_arn]
      }
      OnboardingReadsWriterSecretOnly = {
        roles     = [var.role_arns.onboard_tenant]
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [var.secrets.writer_arn]
      }
      DatabaseFunctionsReadDatabaseSecretsOnly = {
        roles     = [var.role_arns.migrate_database, var.role_arns.rotate_secret]
        actions   = ["secretsmanager:GetSecretValue"]
        resources = [var.secrets.master_arn, var.secrets.reader_arn, var.secrets.writer_arn]
      }
      RotationWritesLoginSecretsOnly = {
        roles     = [var.role_arns.rotate_secret]
        actions   = ["secretsmanager:DescribeSecret", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
        resources = [var.secrets.reader_arn, var.secrets.writer_arn]
      }
      # On everything, because the action knows no resource: it draws random text, and reads and changes nothing.
      # Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
      RotationDrawsRandomPasswords = {
        roles     = [var.role_arns.rotate_secret]
        actions   = ["secretsmanager:GetRandomPassword"]
        resources = ["*"]
      }
    }

    cognito-idp = {
      OnboardingCreatesUsersOnly = {
        roles     = [var.role_arns.onboard_tenant]
        actions   = ["cognito-idp:AdminCreateUser", "cognito-idp:AdminGetUser"]
        resources = [var.user_pool_arn]
      }
      OffboardingRemovesUsersOnly = {
        roles     = [var.role_arns.offboard_tenant]
        actions   = ["cognito-idp:ListUsers", "cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser"]
        resources = [var.user_pool_arn]
      }
    }
  }

  # Nobody signs this call, so that no condition can say who calls: the token does, which the role's trust policy judges.
  # Nothing else is asked for by it, and no other role, so that no token carries anything out either. Tags and source
  # identity are the token's, and actions of their own.
  # Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
  unsigned_statements = {
    sts = [
      for _ in range(var.sessions_by_token ? 1 : 0) : {
        Sid       = "TokensOpenTenantSessionsOnly"
        Effect    = "Allow"
        Principal = "*"
        Action    = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]
        Resource  = [var.tenant_role_arn]
      }
    ]
  }

  # The condition names the roles, because a gateway endpoint's Principal cannot: aws:PrincipalArn is the role's ARN in
  # each of its sessions, and no unsigned call has it.
  # Source: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
  endpoint_policies = {
    for service, statements in local.endpoint_statements : service => jsonencode({
      Version = "2012-10-17"
      Statement = concat([
        for sid, statement in statements : {
          Sid       = sid
          Effect    = "Allow"
          Principal = "*"
          Action    = statement.actions
          Resource  = statement.resources
          Condition = { ArnEquals = { "aws:PrincipalArn" = statement.roles } }
        }
      ], lookup(local.unsigned_statements, service, []))
    })
  }
}
