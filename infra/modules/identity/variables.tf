variable "name" {
  type        = string
  description = "Name of the user pool; its client is called after it."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "A user pool name has 1 to 100 letters, digits, '_' or '-'."
  }
}

variable "tag_id_token_function_arn" {
  type        = string
  description = "ARN of the function that tags id tokens, known at plan time. It must let Cognito invoke it for this pool, or nobody can sign in."

  validation {
    condition     = can(regex("^arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}$", var.tag_id_token_function_arn))
    error_message = "One function's ARN is needed, without a version or an alias."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether AWS refuses to delete the user pool. Off only where the users are disposable."
  default     = true
}
