variable "trusted_role_arns" {
  type        = list(string)
  description = "ARNs of the only roles that may open a tenant's session. Their roles must exist before the one that trusts them."

  validation {
    condition = length(var.trusted_role_arns) > 0 && alltrue([
      for arn in var.trusted_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "At least one role's ARN is needed, and nothing wider than a role: no account, user or wildcard."
  }
}

variable "roles" {
  type        = list(string)
  description = "The values that the session tag role may have."

  validation {
    condition     = length(var.roles) > 0 && alltrue([for role in var.roles : can(regex("^[a-z]+$", role))])
    error_message = "At least one role is needed, in lower-case letters."
  }
}
