variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the roles are, as the module placement checks: their names are NAME-OnboardTenantRole and so on, one for each function. The key is that of the table of tenants, the writer's secret and the exports."
}

variable "registry_table_arn" {
  type        = string
  description = "ARN of the table of tenants, known at plan time; no index and no stream of it."

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.registry_table_arn))
    error_message = "One table's ARN is needed: no wildcard, index or stream."
  }
}

variable "user_pool_arn" {
  type        = string
  description = "ARN of the user pool. AWS draws its id, so that the policies which name it are known after the pool is made."

  validation {
    condition     = can(regex("^arn:[a-z-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+$", var.user_pool_arn))
    error_message = "One user pool's ARN is needed, without a wildcard."
  }
}

variable "tenant_maintenance_role_arn" {
  type        = string
  description = "ARN of the role in whose sessions a tenant is offboarded, known at plan time."

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.tenant_maintenance_role_arn))
    error_message = "One role's ARN is needed, without a wildcard."
  }
}

variable "writer_secret_arn" {
  type        = string
  description = "ARN of the secret with the login that writes, known at plan time: with ?????? for the six characters that AWS draws. Null in a stage without a database."
  default     = null

  validation {
    condition = var.writer_secret_arn == null || can(
      regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", var.writer_secret_arn)
    )
    error_message = "The ARN names one secret and ends in -??????, without any other wildcard."
  }
}

variable "export_bucket_arn" {
  type        = string
  description = "ARN of the bucket for the exports of offboarded tenants, known at plan time."

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.export_bucket_arn))
    error_message = "One bucket's ARN is needed, without a path or a wildcard."
  }
}

variable "rights" {
  type = object({
    administer = list(string)
  })
  description = "The roles that have each right: offboarding opens sessions of those that administer, since it erases everything."

  validation {
    condition     = length(var.rights.administer) > 0 && alltrue([for role in var.rights.administer : can(regex("^[a-z]+$", role))])
    error_message = "At least one role is needed, in lower-case letters."
  }
}

variable "runtime_policies" {
  type        = map(string)
  description = "What each function needs to run on AWS, by its name, as execution_role checks. Empty where nothing of it is needed, as on a local stack."
  default     = {}
}
