variable "name" {
  type        = string
  description = "Name of the bucket, unique among all accounts of the partition: an account id in it, and a region, help."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 63 lower-case letters, digits or '-', and no '-' at either end."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the bucket's ARN."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "retention_days" {
  type        = number
  description = "Days after which an export expires. S3 keeps a version that was replaced or has expired for as many days again."
  default     = 365

  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "Exports are kept for a whole number of days from 1."
  }
}

variable "expire_exports" {
  type        = bool
  description = "Whether the bucket has the rules by which S3 deletes exports. Off only on the local AWS, which acts on no rules, and where Terraform would watch them for 50 seconds."
  default     = true
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the exports, whose key policy must let their writer encrypt and decrypt through S3; null for S3's own keys."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "The ARN of one KMS key is needed; no alias."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether the bucket refuses requests without TLS. Off only where there is no TLS, on the local AWS."
  default     = true
}

variable "force_destroy" {
  type        = bool
  description = "Whether the bucket is deleted with the exports in it. On only where they are disposable."
  default     = false
}
