# What the root refuses to be given. It asks the local AWS that AWS_ENDPOINT_URL names, as controls.tftest.hcl does.

variables {
  stage       = "t1"
  region      = "eu-central-1"
  package_dir = "tests/package"

  network = {
    cidr  = "10.20.0.0/20"
    zones = ["eu-central-1a", "eu-central-1b"]
  }
  database_instance        = { class = "db.t4g.micro" }
  database_max_connections = 80
  api_concurrency          = 10
  cors_origin              = "https://app.example.com"
}

run "names_and_ids_are_checked" {
  command = plan

  variables {
    stage            = "Live stage"
    region           = "Frankfurt"
    account_id       = "1234"
    tags             = { Stage = "other" }
    kms_key_arn      = "alias/bulkhead"
    aws_endpoint_url = "https://aws.example.com"
    package_dir      = ""
  }

  expect_failures = [
    var.stage, var.region, var.account_id, var.tags, var.kms_key_arn, var.aws_endpoint_url, var.package_dir,
  ]
}

run "a_key_needs_session_tags" {
  command = plan

  variables {
    vending_strategy = "session_policy"
    kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d"
  }

  expect_failures = [var.kms_key_arn]
}

run "more_connections_than_the_server_takes_are_refused" {
  command = plan

  variables {
    api_concurrency = 16
  }

  expect_failures = [var.database_max_connections]
}

run "a_larger_pool_counts" {
  command = plan

  variables {
    database_pool_size = 2
  }

  expect_failures = [var.database_max_connections]
}

run "numbers_are_checked" {
  command = plan

  variables {
    authorizer_cache_seconds = 3601
    database_pool_size       = 0
    master_password_version  = 0
    login_version            = 1.5
    secret_rotation_days     = 0
    api_concurrency          = 0
    cached_tenants           = 0
    log_retention_days       = 100
    memory_mb                = { api = 128 }
    throttling               = { rate = 0, burst = 1 }
  }

  expect_failures = [
    var.authorizer_cache_seconds, var.database_pool_size, var.master_password_version, var.login_version, var.secret_rotation_days,
    var.api_concurrency, var.cached_tenants, var.log_retention_days, var.memory_mb, var.throttling,
  ]
}

run "one_zone_is_not_enough" {
  command = plan

  variables {
    network = { cidr = "ten", zones = ["eu-central-1a", "eu-central-1a"] }
  }

  expect_failures = [var.network]
}

run "an_instance_needs_a_network" {
  command = plan

  variables {
    network = null
  }

  expect_failures = [var.database_instance]
}

run "a_stage_has_one_database" {
  command = plan

  variables {
    database_server          = { host = "127.0.0.1", port = 5432, name = "bulkhead", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_instance]
}

run "a_server_needs_its_master" {
  command = plan

  variables {
    database_instance = null
    database_server   = { host = "db.example.com", port = 5432, name = "bulkhead" }
  }

  expect_failures = [var.database_master_username, var.database_master_password]
}

run "a_server_elsewhere_needs_tls" {
  command = plan

  variables {
    database_instance        = null
    database_server          = { host = "db.example.com", port = 5432, name = "bulkhead", sslmode = "disable" }
    database_master_username = "postgres"
    database_master_password = "a-master-password"
  }

  expect_failures = [var.database_server]
}

run "the_page_is_in_one_place" {
  command = plan

  variables {
    web = {}
  }

  expect_failures = [var.web]
}

run "any_origin_is_none" {
  command = plan

  variables {
    cors_origin = "*"
  }

  expect_failures = [var.cors_origin]
}

run "what_an_emulator_lacks_is_on_on_aws" {
  command = plan

  variables {
    require_tls           = false
    enforces_leading_keys = false
    exports               = { expire = false }
  }

  expect_failures = [var.require_tls, var.enforces_leading_keys, var.exports]
}
