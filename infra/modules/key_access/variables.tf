variable "kms_key_arn" {
  type        = string
  description = "ARN of the stage's own key, known at plan time; null in a stage without one. IAM knows keys by their ARN, not by an alias."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "One key's ARN is needed: no alias and no wildcard."
  }
}
