# Who makes users, and what users can change of themselves, read from the plan alone. The local AWS
# enforces none of it, so these tests are what holds.

mock_provider "aws" {
  override_resource {
    target          = aws_cognito_user_pool.this
    override_during = plan
    values = {
      id       = "eu-central-1_Pool12345"
      arn      = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
      endpoint = "cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
    }
  }

  override_resource {
    target          = aws_cognito_user_pool_client.this
    override_during = plan
    values          = { id = "client12345" }
  }

  override_resource {
    target          = aws_iam_openid_connect_provider.this
    override_during = plan
    values          = { arn = "arn:aws:iam::123456789012:oidc-provider/cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345" }
  }
}

variables {
  name                      = "example"
  tag_id_token_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:example-tag_id_token"
}

run "administrators_alone_create_users" {
  command = plan

  assert {
    condition     = one(aws_cognito_user_pool.this.admin_create_user_config[*].allow_admin_create_user_only) == true
    error_message = "Nobody may sign up on their own."
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "ACTIVE"
    error_message = "The user pool must be protected against deletion unless a stage says otherwise."
  }

  assert {
    condition     = try(length(aws_cognito_user_pool.this.alias_attributes), 0) == 0 && try(length(aws_cognito_user_pool.this.username_attributes), 0) == 0
    error_message = "No attribute may stand for the user name, so that one e-mail address can exist in two tenants."
  }

  assert {
    condition     = one(aws_cognito_user_pool.this.username_configuration[*].case_sensitive) == true
    error_message = "User names must be compared as they are."
  }

  assert {
    condition = alltrue([
      for policy in aws_cognito_user_pool.this.password_policy :
      policy.minimum_length >= 14 && policy.require_lowercase && policy.require_uppercase && policy.require_numbers && policy.require_symbols
    ]) && length(aws_cognito_user_pool.this.password_policy) == 1
    error_message = "Passwords must have 14 characters or more, of all four kinds."
  }
}

run "users_cannot_change_their_claims" {
  command = plan

  assert {
    condition = { for s in aws_cognito_user_pool.this.schema : s.name => s.mutable } == {
      tenantID = false
      role     = true
    }
    error_message = "A user's tenant must be immutable; only the role may be changed, by an administrator."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.write_attributes == toset(["name"])
    error_message = "Users may write their display name only: no custom attribute, no e-mail address."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.read_attributes == toset(["custom:role", "custom:tenantID", "email", "email_verified", "name"])
    error_message = "The id token must carry the tenant, the role and the e-mail address."
  }
}

run "sign_in_is_by_password_and_tokens_are_short_lived" {
  command = plan

  assert {
    condition     = !aws_cognito_user_pool_client.this.generate_secret
    error_message = "The client is public: a browser cannot keep a secret."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.explicit_auth_flows == toset(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    error_message = "Sign-in is by password and refresh token only."
  }

  assert {
    condition     = !aws_cognito_user_pool_client.this.allowed_oauth_flows_user_pool_client
    error_message = "The client must have no OAuth flow."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.prevent_user_existence_errors == "ENABLED"
    error_message = "A failed sign-in must not tell whether the user exists."
  }

  assert {
    condition     = aws_cognito_user_pool_client.this.enable_token_revocation
    error_message = "Refresh tokens must be revocable."
  }

  assert {
    condition = (
      aws_cognito_user_pool_client.this.id_token_validity == 15
      && aws_cognito_user_pool_client.this.access_token_validity == 15
      && aws_cognito_user_pool_client.this.refresh_token_validity == 1
    )
    error_message = "Id and access tokens must live for 15 minutes, refresh tokens for a day."
  }

  assert {
    condition = [for u in aws_cognito_user_pool_client.this.token_validity_units : "${u.id_token} ${u.access_token} ${u.refresh_token}"] == [
      "minutes minutes days"
    ]
    error_message = "Token lives must be counted in minutes and days."
  }
}

run "id_tokens_are_tagged_before_they_are_signed" {
  command = plan

  assert {
    condition = [
      for trigger in one(aws_cognito_user_pool.this.lambda_config[*].pre_token_generation_config) : "${trigger.lambda_version} ${trigger.lambda_arn}"
    ] == ["V2_0 arn:aws:lambda:eu-central-1:123456789012:function:example-tag_id_token"]
    error_message = "The trigger must be the given function, in the version that can add an object."
  }

  assert {
    condition     = aws_cognito_user_pool.this.user_pool_tier == "ESSENTIALS"
    error_message = "The pool must have the plan whose triggers can add an object."
  }
}

run "sts_takes_the_tokens_of_the_one_client" {
  command = plan

  assert {
    condition     = aws_iam_openid_connect_provider.this.url == output.issuer && aws_iam_openid_connect_provider.this.client_id_list == toset(["client12345"])
    error_message = "STS must take tokens of the pool's own client, and of no other."
  }

  assert {
    condition     = output.oidc_provider_arn == "arn:aws:iam::123456789012:oidc-provider/${output.issuer_host}" && output.issuer == "https://${output.issuer_host}"
    error_message = "The outputs must be the provider, and the issuer without its scheme."
  }
}

run "verifiers_learn_the_issuer_of_the_real_aws" {
  command = plan

  assert {
    condition     = output.issuer == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345"
    error_message = "The issuer must have the form of the real AWS."
  }

  assert {
    condition     = output.jwks_url == "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool12345/.well-known/jwks.json"
    error_message = "The keys lie under the issuer."
  }

  assert {
    condition     = output.user_pool_id == "eu-central-1_Pool12345" && output.user_pool_client_id == "client12345"
    error_message = "The outputs must be the ids of the pool and its client."
  }

  assert {
    condition     = output.user_pool_arn == "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_Pool12345"
    error_message = "Policies must be able to name the pool."
  }
}

run "a_stage_with_disposable_users_can_be_deleted" {
  command = plan

  variables {
    deletion_protection = false
  }

  assert {
    condition     = aws_cognito_user_pool.this.deletion_protection == "INACTIVE"
    error_message = "The variable must turn the protection off."
  }
}

# What the module refuses to be given.

run "the_name_is_checked" {
  command = plan

  variables {
    name = "example/users"
  }

  expect_failures = [var.name]
}

run "a_version_of_the_trigger_is_refused" {
  command = plan

  variables {
    tag_id_token_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:example-tag_id_token:1"
  }

  expect_failures = [var.tag_id_token_function_arn]
}
