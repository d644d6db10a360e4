# Where the roles of a stage that was deployed before are now, so that Terraform keeps them.

moved {
  from = aws_iam_role.this
  to   = module.roles.aws_iam_role.this
}

moved {
  from = aws_iam_role_policy.own_function_only
  to   = module.roles.aws_iam_role_policy.own_function_only
}

moved {
  from = aws_iam_role_policy.runtime
  to   = module.roles.aws_iam_role_policy.runtime
}

moved {
  from = aws_iam_role_policies_exclusive.this
  to   = module.roles.aws_iam_role_policies_exclusive.this
}

moved {
  from = aws_iam_role_policy_attachments_exclusive.this
  to   = module.roles.aws_iam_role_policy_attachments_exclusive.this
}
