# What the root refuses to be given. It asks the local AWS that AWS_ENDPOINT_URL names, as controls.tftest.hcl does.

run "names_and_ids_are_checked" {
  command = plan

  variables {
    stage      = "Local stage"
    region     = "Frankfurt"
    account_id = "1234"
  }

  expect_failures = [var.stage, var.region, var.account_id]
}

run "a_database_needs_its_master" {
  command = plan

  variables {
    database = { host = "127.0.0.1", port = 5432, name = "bulkhead" }
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_master_needs_its_database" {
  command = plan

  variables {
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_cache_of_hours_is_refused" {
  command = plan

  variables {
    authorizer_cache_seconds = 3601
  }

  expect_failures = [var.authorizer_cache_seconds]
}

run "a_cache_has_two_halves" {
  command = plan

  variables {
    authorizer_cache_seconds = 1
  }

  expect_failures = [var.authorizer_cache_seconds]
}

run "a_cache_has_whole_seconds" {
  command = plan

  variables {
    authorizer_cache_seconds = 2.5
  }

  expect_failures = [var.authorizer_cache_seconds]
}
