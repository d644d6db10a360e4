variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the role is, as the module placement checks: its name begins with NAME. The key is that of the pooled table and the database logins' secrets."
}

variable "name" {
  type        = string
  description = "What the role's name ends in."
  default     = "TenantRole"

  validation {
    condition     = can(regex("^[A-Z][A-Za-z]{1,22}$", var.name))
    error_message = "What the name ends in has 2 to 23 letters, and begins with a capital."
  }
}

variable "confined_by" {
  type        = string
  description = "What confines a session to one tenant: its tags, taken from a user's token (token) or said by the trusted roles (tag), or the session policy that the trusted roles pass (session_policy)."

  validation {
    condition     = contains(["token", "tag", "session_policy"], var.confined_by)
    error_message = "A session is confined by token, tag or session_policy."
  }

  validation {
    condition     = (var.confined_by == "token") == (var.token != null)
    error_message = "A token is what confines a session, or nobody's opens one."
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
  description = "ARNs of the only roles that may open a tenant's session, as tenant_trust checks. Their roles must exist before this one. Empty where a token opens sessions."
  default     = []
}

variable "token" {
  type = object({
    provider_arn = string
    issuer_host  = string
    audience     = string
    session_per  = string
  })
  description = "Whose tokens open sessions, as tenant_trust checks. Null where the trusted roles do."
  default     = null
}

variable "endpoints" {
  type = object({
    sts_ids  = list(string)
    data_ids = list(string)
  })
  description = "Ids of the VPC endpoints of STS through which alone a token opens a session, and of those through which alone a session reaches data. Null in a stage without a network."
  default     = null

  validation {
    condition     = var.endpoints == null || try(length(var.endpoints.data_ids) > 0 && alltrue([for id in var.endpoints.data_ids : can(regex("^vpce-[0-9a-f]+$", id))]), false)
    error_message = "An endpoint is named by its id, such as vpce-0123456789abcdef0."
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
