variable "function_name" {
  type        = string
  description = "Name of the function, after which its log group is called: /aws/lambda/NAME."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.function_name))
    error_message = "A function name has 1 to 64 letters, digits, '_' or '-'."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the function's ARN."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "region" {
  type        = string
  description = "Region of the function, which must be the provider's."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns the function."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "in_vpc" {
  type        = bool
  description = "Whether the function is attached to a VPC."
}

variable "tracing" {
  type        = bool
  description = "Whether the function sends traces to X-Ray."
}

variable "kms_key_arn" {
  type        = string
  description = "ARN of the key that encrypts the function's environment, as key_access checks; null for Lambda's own."
  default     = null
}
