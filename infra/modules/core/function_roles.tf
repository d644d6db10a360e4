# The roles of the API and of what has to do with its tokens: they reach no tenant's data by themselves.

locals {
  # A session is opened by the user's token under web_identity, and by the API itself under the other strategies.
  opened_by_token = var.vending_strategy == "web_identity"

  function_statements = {
    api_handler = concat(
      [
        {
          Sid       = "ReadSigningKeysOnly"
          Effect    = "Allow"
          Action    = ["dynamodb:GetItem"]
          Resource  = [module.signing_keys.arn]
          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
        },
      ],
      [
        for _ in range(local.opened_by_token ? 0 : 1) : {
          Sid      = "OpenTenantSessionsOnly"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole", "sts:TagSession"]
          Resource = [local.tenant_role_arn]
        }
      ],
      module.key_access.reading.dynamodb,
    )

    tenant_authorizer = concat(
      [
        {
          Sid       = "ReadOneTenantOnly"
          Effect    = "Allow"
          Action    = ["dynamodb:GetItem"]
          Resource  = [module.registry.arn]
          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
        },
      ],
      module.key_access.reading.dynamodb,
    )

    # It reads what Cognito hands it, and answers.
    tag_id_token = []

    refresh_signing_keys = concat(
      [
        {
          Sid       = "WriteSigningKeysOnly"
          Effect    = "Allow"
          Action    = ["dynamodb:PutItem"]
          Resource  = [module.signing_keys.arn]
          Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
        },
      ],
      module.key_access.writing.dynamodb,
    )
  }

  function_policies = {
    for function, statements in local.function_statements : function => jsonencode({
      Version = "2012-10-17"
      Statement = concat(statements, [
        {
          Sid      = "NeverScan"
          Effect   = "Deny"
          Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
          Resource = ["*"]
        },
      ])
    })
  }
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

module "function_roles" {
  source = "../execution_role"

  placement        = var.placement
  runtime_policies = { for function, policy in var.runtime_policies : function => policy if contains(keys(local.function_statements), function) }

  functions = {
    api_handler = {
      name        = "LambdaRole"
      description = local.opened_by_token ? "The API's functions: may read the stored signing keys, and has no access to data of its own." : "The API's functions: may open tenants' sessions, and has no access to data of its own."
      policy_name = local.opened_by_token ? "SigningKeysOnly" : "TenantSessionsOnly"
      policy      = local.function_policies.api_handler
    }
    tenant_authorizer = {
      name        = "AuthorizerRole"
      description = "The authorizer: may read one tenant's item of the registry, and has no access to tenants' data."
      policy_name = "OneTenantOnly"
      policy      = local.function_policies.tenant_authorizer
    }
    tag_id_token = {
      name        = "TagIdTokenRole"
      description = "The function that tags id tokens: has no access to anything."
      policy_name = "NothingOnly"
      policy      = local.function_policies.tag_id_token
    }
    refresh_signing_keys = {
      name        = "RefreshSigningKeysRole"
      description = "The function that stores the signing keys: may write them, and has no access to tenants' data."
      policy_name = "SigningKeysOnly"
      policy      = local.function_policies.refresh_signing_keys
    }
  }
}
