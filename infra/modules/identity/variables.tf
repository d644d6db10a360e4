variable "name" {
  type        = string
  description = "Name of the user pool; its client is called after it."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "A user pool name has 1 to 100 letters, digits, '_' or '-'."
  }
}

variable "deletion_protection" {
  type        = bool
  description = "Whether AWS refuses to delete the user pool. Off only where the users are disposable."
  default     = true
}
