variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the role is, as the module placement checks: its name is NAME-AuthorizerRole. The key is that of the table of tenants."
}

variable "registry_table_arn" {
  type        = string
  description = "ARN of the table of tenants, known at plan time; no index and no stream of it."

  validation {
    condition     = can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", var.registry_table_arn))
    error_message = "One table's ARN is needed: no wildcard, index or stream."
  }
}

variable "runtime_policy" {
  type        = string
  description = "What the function needs to run on AWS, as function_rights says: a policy as JSON, known at plan time. Null where nothing of it is needed, as on a local stack."
  default     = null

  validation {
    condition     = var.runtime_policy == null || can(length(jsondecode(var.runtime_policy).Statement))
    error_message = "The policy is a JSON document with statements."
  }
}
