# What every function needs whatever its task is: its own log, its traces, its place in the VPC. Statements of a
# policy, no resources.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name         = "${var.placement.name}-${var.function}"
  function_arn = "arn:${var.placement.partition}:lambda:${var.placement.region}:${var.placement.account_id}:function:${local.name}"
  log_arn      = "arn:${var.placement.partition}:logs:${var.placement.region}:${var.placement.account_id}:log-group:/aws/lambda/${local.name}"

  # Terraform makes the log group, with its retention; a function that could make one would make it without.
  log_statements = [
    {
      Sid      = "WriteOwnLogOnly"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${local.log_arn}:*"]
    },
  ]

  # On everything, because the actions know no resource: they write measurements, and read nothing.
  # Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
  trace_statements = [
    for _ in range(var.tracing ? 1 : 0) : {
      Sid      = "SendTraces"
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"]
    }
  ]

  interface_actions = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]

  # On everything, because Lambda uses the function's role for it and draws the interfaces' ids, and the actions that
  # describe know no resource. It is for the service alone: calls of the function's own code carry its ARN, and the
  # Deny refuses them.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, "Required IAM permissions"
  interface_statements = flatten([
    for _ in range(var.in_vpc ? 1 : 0) : [
      {
        Sid      = "LambdaAttachesToTheVpc"
        Effect   = "Allow"
        Action   = local.interface_actions
        Resource = ["*"]
      },
      {
        Sid       = "NeverTheFunctionItself"
        Effect    = "Deny"
        Action    = concat(local.interface_actions, ["ec2:DetachNetworkInterface"])
        Resource  = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = [local.function_arn] } }
      },
    ]
  ])

  # Lambda decrypts the environment with the rights of the function's role.
  # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.log_statements,
      local.trace_statements,
      local.interface_statements,
      module.key_access.reading.lambda,
    )
  })
}

module "key_access" {
  source = "../key_access"

  kms_key_arn = var.placement.kms_key_arn
}
