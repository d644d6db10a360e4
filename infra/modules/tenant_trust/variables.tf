variable "roles" {
  type        = list(string)
  description = "The values that the session tag role may have."

  validation {
    condition     = length(var.roles) > 0 && alltrue([for role in var.roles : can(regex("^[a-z]+$", role))])
    error_message = "At least one role is needed, in lower-case letters."
  }
}

variable "trusted_role_arns" {
  type        = list(string)
  description = "ARNs of the only roles that may open a tenant's session. Their roles must exist before the one that trusts them. Empty where a token opens sessions."
  default     = []

  validation {
    condition = alltrue([
      for arn in var.trusted_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "Nothing wider than a role is trusted: no account, user or wildcard."
  }

  validation {
    condition     = (length(var.trusted_role_arns) > 0) != (var.token != null)
    error_message = "Either roles or tokens open sessions: exactly one of both."
  }
}

variable "token" {
  type = object({
    provider_arn = string
    issuer_host  = string
    audience     = string
    session_per  = string
    endpoint_ids = optional(list(string))
  })
  description = "Whose tokens open sessions: the OIDC provider, its issuer without a scheme, the client that a token is for, what shares a session (tenant or user), and the VPC endpoints of STS through which alone a token is taken, or null for any way. Null where roles open sessions."
  default     = null

  validation {
    condition = var.token == null || try(
      can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/", var.token.provider_arn)) && endswith(var.token.provider_arn, ":oidc-provider/${var.token.issuer_host}"), false
    )
    error_message = "The provider is that of the issuer: its ARN ends in oidc-provider/ and the issuer without a scheme."
  }

  validation {
    condition     = var.token == null || can(regex("^[A-Za-z0-9_+.-]+$", var.token.audience))
    error_message = "The audience is one client's id, without a wildcard."
  }

  validation {
    condition     = var.token == null || try(contains(["tenant", "user"], var.token.session_per), false)
    error_message = "A session is shared by a tenant's users of one role (tenant), or is one user's (user)."
  }

  validation {
    condition     = try(var.token.endpoint_ids, null) == null || try(length(var.token.endpoint_ids) > 0 && alltrue([for id in var.token.endpoint_ids : can(regex("^vpce-[0-9a-f]+$", id))]), false)
    error_message = "An endpoint is named by its id, such as vpce-0123456789abcdef0."
  }
}
