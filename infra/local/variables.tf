variable "stage" {
  type        = string
  description = "Name of the stage, a part of every resource's name."
  default     = "local"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,19}$", var.stage))
    error_message = "A stage name has 1 to 20 lower-case letters, digits or '-', and begins with a letter."
  }
}

variable "region" {
  type        = string
  description = "Region that the local AWS plays."
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that the local AWS plays. Any other is refused, so that a forgotten AWS_ENDPOINT_URL changes nothing."
  default     = "123456789012"

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}
