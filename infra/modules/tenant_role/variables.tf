variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the role is, as the module placement checks: its name is NAME-TenantRole. The key is that of the pooled table and the database logins' secrets."
}

variable "table_arn" {
  type        = string
  description = "ARN of the pooled table, known at plan time; no index and no stream of it."

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.table_arn))
    error_message = "One table's ARN is needed: no wildcard, index or stream."
  }
}

variable "rights" {
  type = object({
    read       = list(string)
    write      = list(string)
    administer = list(string)
  })
  description = "The roles that have each right: which sessions may be opened, write to the table, and read the writer's secret."

  validation {
    condition     = alltrue([for roles in values(var.rights) : length(roles) > 0])
    error_message = "Each right needs at least one role."
  }

  validation {
    condition     = alltrue([for role in flatten(values(var.rights)) : can(regex("^[a-z]+$", role))])
    error_message = "A role has lower-case letters only."
  }

  validation {
    condition = (
      length(setsubtract(var.rights.write, var.rights.read)) == 0
      && length(setsubtract(var.rights.administer, var.rights.write)) == 0
    )
    error_message = "Whoever writes must read, and whoever administers must write."
  }
}

variable "trusted_role_arns" {
  type        = list(string)
  description = "ARNs of the only roles that may open a tenant's session, as tenant_trust checks. Their roles must exist before this one."
}

variable "database_secrets" {
  type = object({
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database logins' secrets, known at plan time, as tenant_secret_access checks. Null in a stage without a database."
  default     = null
}
