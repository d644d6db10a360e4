# The API's execution role: it may open a tenant's session, and can itself reach no tenant's data.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name = "${var.placement.name}-LambdaRole"
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
    Statement = [
      {
        Sid      = "OpenTenantSessionsOnly"
        Effect   = "Allow"
        Action   = ["sts:AssumeRole", "sts:TagSession"]
        Resource = sort(var.tenant_role_arns)
      },
      {
        Sid      = "NeverScan"
        Effect   = "Deny"
        Action   = ["dynamodb:Scan", "dynamodb:PartiQL*"]
        Resource = ["*"]
      },
    ]
  })
}

resource "aws_iam_role" "this" {
  name                 = local.name
  description          = "The API's functions: may open tenants' sessions, and has no access to data of its own."
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The role is ${self.arn}, but policies name ${local.arn}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "tenant_sessions_only" {
  name   = "TenantSessionsOnly"
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
  policy_names = concat([aws_iam_role_policy.tenant_sessions_only.name], aws_iam_role_policy.runtime[*].name)
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  role_name   = aws_iam_role.this.name
  policy_arns = []
}
