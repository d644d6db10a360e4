# What the module refuses to be given.

mock_provider "aws" {}

run "the_name_is_checked" {
  command = plan

  variables {
    name = "bulkhead/users"
  }

  expect_failures = [var.name]
}
