# Where the roles of a stage that was deployed before are now, so that Terraform keeps them.

moved {
  from = module.tenant_role
  to   = module.tenant_role[0]
}

moved {
  from = module.tenant_role[0].aws_iam_role_policy.own_partition_only
  to   = module.tenant_role[0].aws_iam_role_policy.this
}

moved {
  from = module.tenant_policy_role[0].aws_iam_role_policy.by_leading_key_only
  to   = module.tenant_policy_role[0].aws_iam_role_policy.this
}

moved {
  from = module.lambda_role.aws_iam_role.this
  to   = module.function_roles.aws_iam_role.this["api_handler"]
}

moved {
  from = module.lambda_role.aws_iam_role_policy.tenant_sessions_only
  to   = module.function_roles.aws_iam_role_policy.own_function_only["api_handler"]
}

moved {
  from = module.lambda_role.aws_iam_role_policy.runtime[0]
  to   = module.function_roles.aws_iam_role_policy.runtime["api_handler"]
}

moved {
  from = module.lambda_role.aws_iam_role_policies_exclusive.this
  to   = module.function_roles.aws_iam_role_policies_exclusive.this["api_handler"]
}

moved {
  from = module.lambda_role.aws_iam_role_policy_attachments_exclusive.this
  to   = module.function_roles.aws_iam_role_policy_attachments_exclusive.this["api_handler"]
}

moved {
  from = module.authorizer_role.aws_iam_role.this
  to   = module.function_roles.aws_iam_role.this["tenant_authorizer"]
}

moved {
  from = module.authorizer_role.aws_iam_role_policy.one_tenant_only
  to   = module.function_roles.aws_iam_role_policy.own_function_only["tenant_authorizer"]
}

moved {
  from = module.authorizer_role.aws_iam_role_policy.runtime[0]
  to   = module.function_roles.aws_iam_role_policy.runtime["tenant_authorizer"]
}

moved {
  from = module.authorizer_role.aws_iam_role_policies_exclusive.this
  to   = module.function_roles.aws_iam_role_policies_exclusive.this["tenant_authorizer"]
}

moved {
  from = module.authorizer_role.aws_iam_role_policy_attachments_exclusive.this
  to   = module.function_roles.aws_iam_role_policy_attachments_exclusive.this["tenant_authorizer"]
}
