variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the bucket is, as the module placement checks: its name is NAME-PURPOSE-ACCOUNT. The key's policy must let the bucket's readers and writers use it through S3."
}

variable "purpose" {
  type        = string
  description = "What is in the bucket, in one word."

  validation {
    condition     = can(regex("^[a-z]{1,9}$", var.purpose))
    error_message = "The purpose has 1 to 9 lower-case letters."
  }
}

variable "versioned" {
  type        = bool
  description = "Whether S3 keeps what was replaced or deleted. Off only where all of it can be made again."
  default     = true
}

variable "expiration" {
  type = object({
    days                 = optional(number)
    former_versions_days = number
  })
  description = "Days after which objects expire (null: never), and days for which S3 keeps a version that was replaced or has expired. Null without such rules: on the local AWS nobody acts on them, and Terraform would watch them for 50 seconds."
  default     = null

  validation {
    condition     = var.expiration == null || var.versioned
    error_message = "Former versions expire in a bucket with versions only."
  }

  validation {
    condition     = alltrue([for days in try(values(var.expiration), []) : days >= 1 && floor(days) == days if days != null])
    error_message = "What expires is kept for a whole number of days from 1."
  }
}

variable "distributions_arn" {
  type        = string
  description = "The CloudFront distributions that alone may read the bucket's objects by the bucket's policy, as a pattern that names one account; null for none."
  default     = null

  validation {
    condition     = var.distributions_arn == null || can(regex("^arn:[a-z-]+:cloudfront::[0-9]{12}:distribution/", var.distributions_arn))
    error_message = "A pattern that names no account would let anybody's distribution read the bucket."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether the bucket has its policy, and refuses requests without TLS. Off only where there is no TLS, on an emulator."
  default     = true

  validation {
    condition     = var.require_tls || var.distributions_arn == null
    error_message = "A distribution reads by the bucket's policy, which demands TLS."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether the bucket is deleted with what is in it. On only where that is disposable, or can be made again."
  default     = false
}
