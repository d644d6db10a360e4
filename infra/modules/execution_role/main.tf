# The execution roles of functions, one for each: what a function may do is its policy, what it needs to run is another,
# and only the Lambda service takes a role.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  names = { for function, role in var.functions : function => "${var.placement.name}-${role.name}" }
  arns  = { for function, name in local.names : function => "arn:${var.placement.partition}:iam::${var.placement.account_id}:role/${name}" }

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
}

resource "aws_iam_role" "this" {
  for_each = var.functions

  name                 = local.names[each.key]
  description          = each.value.description
  assume_role_policy   = local.trust_policy
  max_session_duration = 3600

  lifecycle {
    postcondition {
      condition     = self.arn == local.arns[each.key]
      error_message = "The role is ${self.arn}, but policies name ${local.arns[each.key]}: account or partition is wrong."
    }
  }
}

resource "aws_iam_role_policy" "own_function_only" {
  for_each = var.functions

  name   = each.value.policy_name
  role   = aws_iam_role.this[each.key].name
  policy = each.value.policy
}

# Apart from the policies above, which say what the functions are for.
resource "aws_iam_role_policy" "runtime" {
  for_each = var.runtime_policies

  name   = "Runtime"
  role   = aws_iam_role.this[each.key].name
  policy = each.value
}

# The next apply removes as drift what else somebody attaches to the roles, by hand or by other code.
resource "aws_iam_role_policies_exclusive" "this" {
  for_each = aws_iam_role_policy.own_function_only

  role_name    = each.value.role
  policy_names = concat([each.value.name], [for function, policy in aws_iam_role_policy.runtime : policy.name if function == each.key])
}

resource "aws_iam_role_policy_attachments_exclusive" "this" {
  for_each = aws_iam_role.this

  role_name   = each.value.name
  policy_arns = []
}
