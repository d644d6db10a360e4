# Evaluates a trust policy's conditions on the tenant tag as IAM does: '*' is any text, '?' any character.

terraform {
  required_version = ">= 1.11.0"
}

variable "trust_policy" {
  type        = string
  description = "The document as JSON."
}

variable "tenants" {
  type        = list(string)
  description = "Values of aws:RequestTag/tenant to try."
}

locals {
  condition = jsondecode(var.trust_policy).Statement[0].Condition

  patterns = {
    for operator in ["StringLike", "StringNotLike"] : operator => [
      for pattern in flatten([local.condition[operator]["aws:RequestTag/tenant"]]) :
      "^${replace(replace(replace(pattern, "/[.+]/", "\\$0"), "*", ".*"), "?", ".")}$"
    ]
  }
}

output "admitted" {
  description = "The tenants that the policy admits."
  value = [
    for tenant in var.tenants : tenant if(
      anytrue([for pattern in local.patterns.StringLike : can(regex(pattern, tenant))])
      && !anytrue([for pattern in local.patterns.StringNotLike : can(regex(pattern, tenant))])
    )
  ]
}
