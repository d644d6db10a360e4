variable "name" {
  type        = string
  description = "What the roles' names begin with: NAME-MigrateDatabaseRole and NAME-RotateSecretRole."

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,44}$", var.name))
    error_message = "The name has 1 to 44 letters, digits or any of + = , . @ _ -."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the roles' ARNs."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns the roles."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "secrets" {
  type = object({
    master_arn = string
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database's secrets, known at plan time: with ?????? for the six characters that AWS draws."

  validation {
    condition = alltrue([
      for arn in values(var.secrets) :
      can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", arn))
    ])
    error_message = "Each ARN names one secret and ends in -??????, without any other wildcard."
  }

  validation {
    condition     = length(distinct(values(var.secrets))) == 3
    error_message = "The three secrets must be different ones."
  }
}

variable "runtime_policies" {
  type        = map(string)
  description = "What each function needs to run on AWS, by its name, as function_rights says: policies as JSON, known at plan time. Empty where nothing of it is needed, as on a local stack."
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.runtime_policies) : can(length(jsondecode(policy).Statement))])
    error_message = "Each policy is a JSON document with statements."
  }

  validation {
    condition     = length(setsubtract(keys(var.runtime_policies), ["migrate_database", "rotate_secret"])) == 0
    error_message = "The functions are migrate_database and rotate_secret."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the key that encrypts the database's secrets, as key_access checks; null where the services' own keys do."
  default     = null
}
