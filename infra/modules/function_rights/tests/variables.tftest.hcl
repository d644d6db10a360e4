# What the module refuses to be given.

variables {
  function_name = "bulkhead-api_handler"
  region        = "eu-central-1"
  account_id    = "123456789012"
  in_vpc        = true
  tracing       = true
}

run "names_and_ids_are_checked" {
  command = plan

  variables {
    function_name = "bulkhead-*"
    partition     = "amazon"
    region        = "Frankfurt"
    account_id    = "1234"
  }

  expect_failures = [var.function_name, var.partition, var.region, var.account_id]
}
