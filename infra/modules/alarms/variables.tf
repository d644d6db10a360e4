variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the alarms are, as the module placement checks: the names of the alarms and their topic begin with NAME, which is also the namespace of the stage's own metrics."
}

variable "email" {
  type        = string
  description = "Where alarms are sent, once whoever reads there has confirmed it. Null where somebody subscribes to the topic in another way."
  default     = null

  validation {
    condition     = var.email == null || can(regex("^[^@\\s]+@[^@\\s]+[.][^@\\s]+$", var.email))
    error_message = "An e-mail address looks like operations@example.com."
  }
}

variable "api" {
  type = object({
    name                  = string
    stage_name            = string
    access_log_group_name = optional(string)
  })
  description = "The REST API, its stage, and the log group of its access log, whose lines are JSON objects with a status and the type of API Gateway's own refusal. Without an access log, throttled requests and a failing authorizer raise no alarm."
}

variable "functions" {
  type = map(object({
    name            = string
    log_group_name  = string
    alarm_on_errors = optional(bool, false)
    asynchronous    = optional(bool, false)
  }))
  description = "The functions of the stage, all of which raise an alarm when they are throttled. alarm_on_errors is for those that never fail on purpose, as the control plane's do when they refuse; asynchronous for those whose failures no caller sees."

  validation {
    condition     = length(var.functions) > 0 && alltrue([for key in keys(var.functions) : can(regex("^[A-Za-z0-9_-]{1,64}$", key))])
    error_message = "At least one function is needed; a key has 1 to 64 letters, digits, '_' or '-'."
  }
}

variable "denied_access_functions" {
  type        = set(string)
  description = "Keys of the functions that open tenants' sessions: a refusal in the audit lines of their logs raises an alarm."

  validation {
    condition     = length(var.denied_access_functions) > 0 && length(setsubtract(var.denied_access_functions, keys(var.functions))) == 0
    error_message = "At least one function is needed, and each must be one of the functions."
  }
}

variable "tables" {
  type        = map(string)
  description = "Names of the DynamoDB tables, by what the alarm is to call them."
}

variable "dead_letter_queues" {
  type        = map(string)
  description = "Names of the queues of events that nobody could handle, by what the alarm is to call them."
  default     = {}
}

variable "database" {
  type = object({
    identifier      = string
    storage_gb      = number
    max_connections = number
  })
  description = "The RDS instance, its storage and the connections that it takes; null for a server whose owner looks after it."
  default     = null

  validation {
    condition     = try(var.database.storage_gb >= 1 && var.database.max_connections >= 10, var.database == null)
    error_message = "The storage is 1 GB or more, and the server takes 10 connections or more."
  }
}

variable "thresholds" {
  type = object({
    api_error_percent  = optional(number, 1)
    api_throttles      = optional(number, 100)
    connection_percent = optional(number, 80)
  })
  description = "Beyond what an alarm is raised: requests answered 5xx, in percent; requests answered 429 in five minutes; the database's connections, in percent."
  default     = {}

  validation {
    condition     = var.thresholds.api_error_percent > 0 && var.thresholds.api_error_percent < 100
    error_message = "The share of failed requests is more than 0 and less than 100 percent."
  }

  validation {
    condition     = var.thresholds.api_throttles >= 0
    error_message = "The number of throttled requests is 0 or more."
  }

  validation {
    condition     = var.thresholds.connection_percent > 0 && var.thresholds.connection_percent < 100
    error_message = "The share of connections is more than 0 and less than 100 percent."
  }
}
