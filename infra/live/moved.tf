# Where things of a stage that was deployed before are now, so that Terraform keeps them.

moved {
  from = module.package_bucket.aws_s3_object.package
  to   = aws_s3_object.package
}

moved {
  from = module.pooled_table
  to   = module.core.module.pooled_table
}

moved {
  from = module.registry
  to   = module.core.module.registry
}

moved {
  from = module.export_bucket
  to   = module.core.module.export_bucket
}

moved {
  from = module.identity
  to   = module.core.module.identity
}

moved {
  from = module.authorizer_role
  to   = module.core.module.authorizer_role
}

moved {
  from = module.lambda_role
  to   = module.core.module.lambda_role
}

moved {
  from = module.tenant_role
  to   = module.core.module.tenant_role
}

moved {
  from = module.tenant_policy_role
  to   = module.core.module.tenant_policy_role
}

moved {
  from = module.control_plane
  to   = module.core.module.control_plane
}

moved {
  from = module.database_functions
  to   = module.core.module.database_functions[0]
}
