variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the table is, as the module placement checks: its name is NAME-tenants. The key's policy must let the table's readers and writers use it through DynamoDB."
}

variable "deletion_protection" {
  type        = bool
  description = "Whether AWS refuses to delete the table. Off only where the data is disposable."
  default     = true
}
