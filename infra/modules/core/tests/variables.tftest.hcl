# What the module refuses to be given.

mock_provider "aws" {}

variables {
  placement        = { name = "bulkhead-t1", region = "eu-central-1", account_id = "123456789012" }
  disposable       = false
  vending_strategy = "session_tags"
  exports          = { retention_days = 365, expire = true }
}

run "a_strategy_is_one_of_two" {
  command = plan

  variables {
    vending_strategy = "session-policy"
  }

  expect_failures = [var.vending_strategy]
}
