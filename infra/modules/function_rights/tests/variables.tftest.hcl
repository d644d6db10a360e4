# What the module refuses to be given.

variables {
  placement = { name = "bulkhead", region = "eu-central-1", account_id = "123456789012" }
  function  = "api_handler"
  in_vpc    = true
  tracing   = true
}

run "the_name_is_checked" {
  command = plan

  variables {
    function = "api_*"
  }

  expect_failures = [var.function]
}
