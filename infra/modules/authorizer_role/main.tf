# The authorizer's execution role: it may look up whether one tenant is active, and can do nothing else.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name = "${var.placement.name}-AuthorizerRole"
  arn  = "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${local.name}"

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

  identity_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid       = "ReadOneTenantOnly"
        Effect    = "Allow"
        Action    = ["dynamodb:GetItem"]
        Resource  = [var.registry_table_arn]
        Condition = { Null = { "dynamodb:LeadingKeys" = "false" } }
      },
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ], module.key_access.reading.dynamodb)
  })
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}

resource "aws_iam_role" "this" {
  name                 = local.name
  description          = "The authorizer: may read one tenant's item of the registry, and has no access to tenants' data."
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The role is ${self.arn}, but policies name ${local.arn}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "one_tenant_only" {
  name   = "OneTenantOnly"
  role   = aws_iam_role.this.name
  policy = local.identity_policy
}

# Apart from the policy above, which says what the function is for.
resource "aws_iam_role_policy" "runtime" {
  count = var.runtime_policy == null ? 0 : 1

  name   = "Runtime"
  role   = aws_iam_role.this.name
  policy = var.runtime_policy
}

# Whatever else is attached to the role, by hand or by other code, is drift that the next apply removes.
resource "aws_iam_role_policies_exclusive" "this" {
  role_name    = aws_iam_role.this.name
  policy_names = concat([aws_iam_role_policy.one_tenant_only.name], aws_iam_role_policy.runtime[*].name)
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = []
}
