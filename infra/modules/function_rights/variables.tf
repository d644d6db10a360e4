variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the function is, as the module placement checks: its name is NAME-FUNCTION. The key is that of its settings."
}

variable "function" {
  type        = string
  description = "What the package calls the function. Its log group is /aws/lambda/NAME-FUNCTION."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,23}$", var.function))
    error_message = "A function is called by 1 to 23 letters, digits, '_' or '-', which its full name ends in."
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
