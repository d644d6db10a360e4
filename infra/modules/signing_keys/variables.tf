variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the table is, as the module placement checks: its name is NAME-signing-keys. The key's policy must let the table's readers and writers use it through DynamoDB."
}
