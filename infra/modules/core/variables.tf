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
  description = "What confines a tenant's session: the user's token (web_identity), its tags, which the API says (session_tags), or the session policy that the API passes (session_policy)."

  validation {
    condition     = contains(["web_identity", "session_tags", "session_policy"], var.vending_strategy)
    error_message = "The strategy is web_identity, session_tags or session_policy."
  }
}

variable "session_per" {
  type        = string
  description = "What shares a session under web_identity: a tenant's users of one role (tenant), or none with another (user)."

  validation {
    condition     = contains(["tenant", "user"], var.session_per)
    error_message = "A session is per tenant or per user."
  }

  validation {
    condition     = var.session_per != "user" || var.vending_strategy == "web_identity"
    error_message = "Sessions per user need the strategy web_identity, whose tokens name the user to STS."
  }
}

variable "endpoints" {
  type = object({
    sts_ids  = list(string)
    data_ids = list(string)
  })
  description = "Ids of the network's endpoints of STS, and of those of DynamoDB and Secrets Manager: the only ways by which tokens open sessions, and sessions reach data. Null in a stage without a network."
  default     = null
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
