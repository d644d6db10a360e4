# Who the users are: administrators alone create them, and no user can change the claims from which
# their tenant, role and e-mail address are taken.

locals {
  issuer_host = aws_cognito_user_pool.this.endpoint
  issuer      = "https://${local.issuer_host}"
}

resource "aws_cognito_user_pool" "this" {
  name                = var.name
  user_pool_tier      = "ESSENTIALS" # the least that puts objects into tokens, such as a session's tags
  deletion_protection = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  # It tags each id token with its user's tenant and role, which STS takes from there. Version 2 can add an object.
  # Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
  lambda_config {
    pre_token_generation_config {
      lambda_arn     = var.tag_id_token_function_arn
      lambda_version = "V2_0"
    }
  }

  # Users are named <tenant>/<e-mail>. No attribute is an alias, so one address may exist in two tenants.
  username_configuration {
    case_sensitive = true
  }

  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = 14
    require_lowercase                = true
    require_numbers                  = true
    require_symbols                  = true
    require_uppercase                = true
    temporary_password_validity_days = 3
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }

  # Cognito puts "custom:" in front. A required attribute would have to be writable by the client, so
  # none is: the control plane sets them, and a token without them is refused.
  schema {
    name                     = "tenantID"
    attribute_data_type      = "String"
    developer_only_attribute = false
    mutable                  = false
    required                 = false

    string_attribute_constraints {
      min_length = 3
      max_length = 32
    }
  }

  schema {
    name                     = "role"
    attribute_data_type      = "String"
    developer_only_attribute = false
    mutable                  = true
    required                 = false

    # Can never be changed, so roles may be added; which ones exist, the authorizer and IAM decide.
    string_attribute_constraints {
      min_length = 1
      max_length = 32
    }
  }
}

resource "aws_cognito_user_pool_client" "this" {
  name         = "${var.name}-web"
  user_pool_id = aws_cognito_user_pool.this.id

  # A browser cannot keep a secret, and without a hosted domain there is no OAuth flow.
  generate_secret                      = false
  explicit_auth_flows                  = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
  prevent_user_existence_errors        = "ENABLED"
  enable_token_revocation              = true
  allowed_oauth_flows_user_pool_client = false

  # The id token has the claims that may be read. The one attribute that users may write grants nothing;
  # an empty list would not mean none, but every standard attribute, email included.
  read_attributes  = ["custom:role", "custom:tenantID", "email", "email_verified", "name"]
  write_attributes = ["name"]

  # A token cannot be recalled: a removed user keeps access for as long as one lives.
  id_token_validity      = 15
  access_token_validity  = 15
  refresh_token_validity = 1

  token_validity_units {
    id_token      = "minutes"
    access_token  = "minutes"
    refresh_token = "days"
  }
}

# By which STS takes this client's tokens, and no other's. It needs no thumbprint: AWS knows who signed the certificate of
# the issuer.
# Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc_verify-thumbprint.html
resource "aws_iam_openid_connect_provider" "this" {
  url            = local.issuer
  client_id_list = [aws_cognito_user_pool_client.this.id]
}
