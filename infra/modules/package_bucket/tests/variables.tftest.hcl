# What the module refuses to be given.

mock_provider "aws" {}

run "names_and_the_package_are_checked" {
  command = plan

  variables {
    name           = "Package.of.bulkhead"
    partition      = "amazon"
    package_path   = "build"
    package_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [var.name, var.partition, var.package_path, var.package_sha256]
}

run "an_arn_that_policies_do_not_name_is_refused" {
  variables {
    name           = "bulkhead-prod-package-123456789012"
    package_path   = "build/deployment.zip"
    package_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  }

  override_resource {
    target = aws_s3_bucket.this
    values = { arn = "arn:aws-cn:s3:::bulkhead-prod-package-123456789012" }
  }

  expect_failures = [aws_s3_bucket.this]
}
