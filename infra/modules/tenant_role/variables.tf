variable "name" {
  type        = string
  description = "Name of the role."

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "A role name has 1 to 64 letters, digits or any of + = , . @ _ -."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the role's ARN."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns the role."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "table_arn" {
  type        = string
  description = "ARN of the pooled table, known at plan time; no index and no stream of it."

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.table_arn))
    error_message = "One table's ARN is needed: no wildcard, index or stream."
  }
}

variable "trusted_role_arns" {
  type        = list(string)
  description = "ARNs of the only roles that may open a tenant's session. Their roles must exist before this one."

  validation {
    condition = length(var.trusted_role_arns) > 0 && alltrue([
      for arn in var.trusted_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "At least one role's ARN is needed, and nothing wider than a role: no account, user or wildcard."
  }
}

variable "database_secrets" {
  type = object({
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database logins' secrets, known at plan time: with ?????? for the six characters that AWS draws. Null in a stage without a database."
  default     = null

  validation {
    condition = var.database_secrets == null || can([
      for arn in [var.database_secrets.reader_arn, var.database_secrets.writer_arn] :
      regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", arn)
    ])
    error_message = "Each ARN names one secret and ends in -??????, without any other wildcard."
  }

  validation {
    condition     = try(var.database_secrets.reader_arn != var.database_secrets.writer_arn, var.database_secrets == null)
    error_message = "The reader's secret must not be the writer's."
  }
}
