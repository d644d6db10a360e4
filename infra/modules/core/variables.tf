variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the stage is, as the module placement checks. The key's policy must let the account's roles use it through DynamoDB, S3 and Secrets Manager."
}

variable "disposable" {
  type        = bool
  description = "Whether the stage's data may be destroyed with it: nothing is protected against deletion, and exports are gone at once."
}

variable "vending_strategy" {
  type        = string
  description = "What confines a tenant's session: its tags (session_tags), or the session policy that the API passes (session_policy)."

  validation {
    condition     = contains(["session_tags", "session_policy"], var.vending_strategy)
    error_message = "The strategy is session_tags or session_policy."
  }
}

variable "exports" {
  type = object({
    retention_days = number
    expire         = bool
  })
  description = "How long the exports of offboarded tenants are kept. Whether they expire is off only on an emulator, which acts on no rules."
}

variable "require_tls" {
  type        = bool
  description = "Whether buckets refuse requests without TLS. Off only on an emulator, which has none."
  default     = true
}

variable "database_secrets" {
  type = object({
    master_arn = string
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the secrets with the logins of master, app_reader and app_writer, known at plan time, as the module secrets names them. Null in a stage without a database."
  default     = null
}

variable "runtime_policies" {
  type        = map(string)
  description = "What each function needs to run on AWS, by its name, as function_rights says: policies as JSON, known at plan time. Empty where nothing of it is needed, as on a local stack."
  default     = {}
}
