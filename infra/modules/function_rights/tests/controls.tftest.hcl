# What every function may do beside its task, read from the plan alone: a policy that is not known at plan time fails
# here as well ("Unknown condition value").

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }
  function  = "api_handler"
  in_vpc    = true
  tracing   = true
}

run "a_function_writes_its_own_log_only" {
  command = plan

  assert {
    condition = try([for s in jsondecode(output.policy_json).Statement : s if startswith(s.Action[0], "logs:")], null) == [{
      Sid      = "WriteOwnLogOnly"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/example-api_handler:*"]
    }]
    error_message = "The function must write to its own log group, make none, and read none."
  }
}

run "only_lambda_attaches_a_function_to_the_vpc" {
  command = plan

  assert {
    condition = jsonencode([for s in jsondecode(output.policy_json).Statement : s if startswith(s.Action[0], "ec2:")]) == jsonencode([
      {
        Sid    = "LambdaAttachesToTheVpc"
        Effect = "Allow"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
        ]
        Resource = ["*"]
      },
      {
        Sid    = "NeverTheFunctionItself"
        Effect = "Deny"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
          "ec2:DetachNetworkInterface",
        ]
        Resource  = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = ["arn:aws:lambda:eu-central-1:123456789012:function:example-api_handler"] } }
      },
    ])
    error_message = "Whatever Lambda may do with network interfaces must be denied to the function's own code."
  }
}

run "nothing_else_is_allowed" {
  command = plan

  assert {
    condition = { for s in jsondecode(output.policy_json).Statement : s.Sid => join(" ", s.Action) if !startswith(s.Action[0], "ec2:") } == {
      WriteOwnLogOnly = "logs:CreateLogStream logs:PutLogEvents"
      SendTraces      = "xray:PutTraceSegments xray:PutTelemetryRecords"
    }
    error_message = "The function must be allowed to log and to trace, and nothing else."
  }
}

run "a_function_outside_a_vpc_without_traces_logs_and_nothing_more" {
  command = plan

  variables {
    in_vpc  = false
    tracing = false
  }

  assert {
    condition     = [for s in jsondecode(output.policy_json).Statement : s.Sid] == ["WriteOwnLogOnly"]
    error_message = "A right must go with what needs it."
  }
}

run "lambda_decrypts_the_environment_with_the_stages_own_key" {
  command = plan

  variables {
    placement = { name = "example", region = "eu-central-1", account_id = "123456789012", kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1234" }
  }

  assert {
    condition = [
      for s in jsondecode(output.policy_json).Statement : jsonencode(s) if startswith(s.Action[0], "kms:")
    ] == [for s in module.key_access.reading.lambda : jsonencode(s)]
    error_message = "The key must be used through Lambda only, to decrypt."
  }
}

# What the module refuses to be given.

run "the_name_is_checked" {
  command = plan

  variables {
    function = "api_*"
  }

  expect_failures = [var.function]
}
