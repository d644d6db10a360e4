variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the roles are, as the module placement checks: their names are NAME-MigrateDatabaseRole and NAME-RotateSecretRole. The key is that of the database's secrets."
}

variable "secrets" {
  type = object({
    master_arn = string
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database's secrets, known at plan time: with ?????? for the six characters that AWS draws."

  validation {
    condition = alltrue([
      for arn in values(var.secrets) :
      can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", arn))
    ])
    error_message = "Each ARN names one secret and ends in -??????, without any other wildcard."
  }

  validation {
    condition     = length(distinct(values(var.secrets))) == 3
    error_message = "The three secrets must be different ones."
  }
}

variable "runtime_policies" {
  type        = map(string)
  description = "What each function needs to run on AWS, by its name, as execution_role checks. Empty where nothing of it is needed, as on a local stack."
  default     = {}
}
