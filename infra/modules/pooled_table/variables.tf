variable "name" {
  type        = string
  description = "Name of the table, unique in its account and region."

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]{3,255}$", var.name))
    error_message = "A table name has 3 to 255 letters, digits, '_', '.' or '-'."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the table's ARN."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "region" {
  type        = string
  description = "Region of the table, which must be the provider's."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that owns the table."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether AWS refuses to delete the table. Off only where the data is disposable."
  default     = true
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the table, whose key policy must let its readers and writers use it through DynamoDB; null for the account's own key aws/dynamodb."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "The ARN of one KMS key is needed; no alias."
  }
}
