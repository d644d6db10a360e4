# Where things of a stage that was deployed before are now, so that Terraform keeps them.

moved {
  from = module.package_bucket.aws_s3_object.package
  to   = aws_s3_object.package
}
