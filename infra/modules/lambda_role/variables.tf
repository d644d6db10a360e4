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

variable "tenant_role_arns" {
  type        = list(string)
  description = "ARNs of the tenant roles whose sessions the API may open, known at plan time."

  validation {
    condition = length(var.tenant_role_arns) > 0 && alltrue([
      for arn in var.tenant_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "At least one role's ARN is needed, without a wildcard."
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
