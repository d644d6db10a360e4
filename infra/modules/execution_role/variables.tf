variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the roles are, as the module placement checks: their names begin with NAME."
}

variable "functions" {
  type = map(object({
    name        = string
    description = string
    policy_name = string
    policy      = string
  }))
  description = "By the function: what its role's name ends in, what the role is for, and what the function may do, a policy as JSON and its name."

  validation {
    condition     = length(var.functions) > 0 && alltrue([for role in values(var.functions) : can(regex("^[A-Z][A-Za-z]{1,22}$", role.name))])
    error_message = "At least one function is needed; what a role's name ends in has 2 to 23 letters, and begins with a capital."
  }

  validation {
    condition     = length(distinct(values(var.functions)[*].name)) == length(var.functions)
    error_message = "No two functions share a role."
  }

  validation {
    condition     = alltrue([for role in values(var.functions) : can(length(jsondecode(role.policy).Statement))])
    error_message = "Each policy is a JSON document with statements."
  }
}

variable "runtime_policies" {
  type        = map(string)
  description = "What each function needs to run on AWS, by its name, as function_rights says: policies as JSON, known at plan time. Empty where nothing of it is needed, as on a local stack."
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.runtime_policies) : can(length(jsondecode(policy).Statement))])
    error_message = "Each policy is a JSON document with statements."
  }

  validation {
    condition     = length(setsubtract(keys(var.runtime_policies), keys(var.functions))) == 0
    error_message = "Each policy is for one of the functions."
  }
}
