# Who takes a function's role, and what the role has, read from the plan alone: a policy that is not known at plan time
# fails here as well ("Unknown condition value").

mock_provider "aws" {}

variables {
  placement = { name = "example", region = "eu-central-1", account_id = "123456789012" }

  functions = {
    list_things = {
      name        = "ListThingsRole"
      description = "Lists things."
      policy_name = "ListOnly"
      policy      = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"ListOnly\"}]}"
    }
    make_thing = {
      name        = "MakeThingRole"
      description = "Makes a thing."
      policy_name = "MakeOnly"
      policy      = "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"MakeOnly\"}]}"
    }
  }
}

run "only_the_lambda_service_takes_the_roles" {
  command = plan

  assert {
    condition = alltrue([
      for role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement == [{
        Sid       = "LambdaServiceOnly"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      }]
      && role.assume_role_policy == output.trust_policy
    ])
    error_message = "Only the Lambda service may assume the roles."
  }

  assert {
    condition = output.arns == {
      list_things = "arn:aws:iam::123456789012:role/example-ListThingsRole"
      make_thing  = "arn:aws:iam::123456789012:role/example-MakeThingRole"
    }
    error_message = "The ARNs must be built from the names, and known although they wait for the roles."
  }

  assert {
    condition     = { for function, role in aws_iam_role.this : function => role.name } == { list_things = "example-ListThingsRole", make_thing = "example-MakeThingRole" }
    error_message = "Each role must have the name that its ARN ends in."
  }
}

run "each_role_has_its_own_policy" {
  command = plan

  assert {
    condition = alltrue([
      for function, role in var.functions :
      aws_iam_role_policy.own_function_only[function].policy == role.policy
      && aws_iam_role_policy.own_function_only[function].role == aws_iam_role.this[function].name
    ])
    error_message = "Each role must have the policy of its own function."
  }

  assert {
    condition     = output.policies == { for function, role in var.functions : function => role.policy }
    error_message = "The output must be the policies that the roles have."
  }

  assert {
    condition = alltrue([
      for function, role in aws_iam_role.this :
      aws_iam_role_policies_exclusive.this[function].policy_names == toset([var.functions[function].policy_name])
      && aws_iam_role_policies_exclusive.this[function].role_name == role.name
      && length(aws_iam_role_policy_attachments_exclusive.this[function].policy_arns) == 0
      && aws_iam_role_policy_attachments_exclusive.this[function].role_name == role.name
    ])
    error_message = "Each role must have its one policy and no other."
  }
}

run "what_a_function_needs_to_run_is_a_policy_of_its_own" {
  command = plan

  variables {
    runtime_policies = {
      list_things = jsonencode({ Version = "2012-10-17", Statement = [{ Sid = "WriteOwnLogOnly" }] })
    }
  }

  assert {
    condition = (
      jsonencode({ for function, policy in aws_iam_role_policy.runtime : function => policy.policy }) == jsonencode(var.runtime_policies)
      && aws_iam_role_policy.runtime["list_things"].role == aws_iam_role.this["list_things"].name
    )
    error_message = "Each role must have the policy that is given for its function."
  }

  assert {
    condition = { for function, role in aws_iam_role_policies_exclusive.this : function => role.policy_names } == {
      list_things = toset(["ListOnly", "Runtime"])
      make_thing  = toset(["MakeOnly"])
    }
    error_message = "Only the function that is given a second policy must have one."
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.own_function_only["list_things"].policy, "WriteOwnLogOnly")
    error_message = "What the function is for must be said apart from what it needs to run."
  }
}

# What the module refuses to be given.

run "a_function_is_needed" {
  command = plan

  variables {
    functions = {}
  }

  expect_failures = [var.functions]
}

run "a_shared_role_is_refused" {
  command = plan

  variables {
    functions = {
      list_things = { name = "ThingsRole", description = "", policy_name = "Only", policy = "{\"Statement\":[]}" }
      make_thing  = { name = "ThingsRole", description = "", policy_name = "Only", policy = "{\"Statement\":[]}" }
    }
  }

  expect_failures = [var.functions]
}

run "a_name_is_checked" {
  command = plan

  variables {
    functions = {
      list_things = { name = "*", description = "", policy_name = "Only", policy = "{\"Statement\":[]}" }
    }
  }

  expect_failures = [var.functions]
}

run "a_policy_is_a_document" {
  command = plan

  variables {
    functions = {
      list_things = { name = "ThingsRole", description = "", policy_name = "Only", policy = "AdministratorAccess" }
    }
  }

  expect_failures = [var.functions]
}

run "a_runtime_policy_is_a_document" {
  command = plan

  variables {
    runtime_policies = { list_things = "AdministratorAccess" }
  }

  expect_failures = [var.runtime_policies]
}

run "a_policy_of_no_function_is_refused" {
  command = plan

  variables {
    runtime_policies = { drop_things = jsonencode({ Statement = [] }) }
  }

  expect_failures = [var.runtime_policies]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  override_resource {
    target = aws_iam_role.this
    values = { arn = "arn:aws:iam::210987654321:role/example-ListThingsRole" }
  }

  expect_failures = [aws_iam_role.this]
}
