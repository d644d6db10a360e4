# What tokens need beside the user pool: the trigger that tags them, and a fresh copy of the user pool's signing keys.

locals {
  refresh_rule_name = "${local.placement.name}-refresh-signing-keys"
  refresh_rule_arn  = "arn:${local.placement.partition}:events:${local.placement.region}:${local.placement.account_id}:rule/${local.refresh_rule_name}"
}

# Cognito alone may call it, and for this user pool.
resource "aws_lambda_permission" "tag_id_token" {
  statement_id   = "TagIdToken"
  action         = "lambda:InvokeFunction"
  function_name  = module.function["tag_id_token"].name
  principal      = "cognito-idp.amazonaws.com"
  source_account = local.placement.account_id
  source_arn     = module.core.user_pool_arn
}

# Cognito changes its signing keys from time to time, and does not say when. STS verifies a token whose key is not stored yet.
resource "aws_cloudwatch_event_rule" "refresh_signing_keys" {
  name                = local.refresh_rule_name
  description         = "Stores the signing keys of the user pool of ${local.placement.name}."
  schedule_expression = "rate(1 hour)"

  lifecycle {
    postcondition {
      condition     = self.arn == local.refresh_rule_arn
      error_message = "The rule is ${self.arn}, but policies name ${local.refresh_rule_arn}: region, account or partition is wrong."
    }
  }
}

resource "aws_cloudwatch_event_target" "refresh_signing_keys" {
  rule = aws_cloudwatch_event_rule.refresh_signing_keys.name
  arn  = module.function["refresh_signing_keys"].arn
}

# EventBridge alone may call it, and for this rule.
resource "aws_lambda_permission" "refresh_signing_keys" {
  statement_id   = "RefreshSigningKeys"
  action         = "lambda:InvokeFunction"
  function_name  = module.function["refresh_signing_keys"].name
  principal      = "events.amazonaws.com"
  source_account = local.placement.account_id
  source_arn     = local.refresh_rule_arn
}
