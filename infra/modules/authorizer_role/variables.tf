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

variable "registry_table_arn" {
  type        = string
  description = "ARN of the table of tenants, known at plan time; no index and no stream of it."

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.registry_table_arn))
    error_message = "One table's ARN is needed: no wildcard, index or stream."
  }
}

variable "runtime_policy" {
  type        = string
  description = "What the function needs to run on AWS, as function_rights says: a policy as JSON, known at plan time. Null where nothing of it is needed, as on a local stack."
  default     = null

  validation {
    condition     = var.runtime_policy == null || can(length(jsondecode(var.runtime_policy).Statement))
    error_message = "The policy is a JSON document with statements."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the key that encrypts the table of tenants, as key_access checks; null where the services' own keys do."
  default     = null
}
