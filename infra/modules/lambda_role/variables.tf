variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the role is, as the module placement checks: its name is NAME-LambdaRole."
}

variable "tenant_role_arns" {
  type        = list(string)
  description = "ARNs of the tenant roles whose sessions the API may open, known at plan time."

  validation {
    condition = length(var.tenant_role_arns) > 0 && alltrue([
      for arn in var.tenant_role_arns : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "At least one role's ARN is needed, without a wildcard."
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
