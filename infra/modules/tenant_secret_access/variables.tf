variable "roles" {
  type        = list(string)
  description = "The values of the session tag role with which a session reads the writer's secret."

  validation {
    condition     = length(var.roles) > 0 && alltrue([for role in var.roles : can(regex("^[a-z]+$", role))])
    error_message = "At least one role is needed, in lower-case letters."
  }
}

variable "database_secrets" {
  type = object({
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database logins' secrets, known at plan time: with ?????? for the six characters that AWS draws. Null in a stage without a database."
  default     = null

  validation {
    condition = var.database_secrets == null || can([
      for arn in [var.database_secrets.reader_arn, var.database_secrets.writer_arn] :
      regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", arn)
    ])
    error_message = "Each ARN names one secret and ends in -??????, without any other wildcard."
  }

  validation {
    condition     = try(var.database_secrets.reader_arn != var.database_secrets.writer_arn, var.database_secrets == null)
    error_message = "The reader's secret must not be the writer's."
  }
}
