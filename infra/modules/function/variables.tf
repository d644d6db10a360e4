variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the function is, as the module placement checks: its name is NAME-FUNCTION. The key is for the settings and the log: the role must be allowed kms:Decrypt with it, and the key's policy must let CloudWatch Logs use it."
}

variable "function" {
  type        = string
  description = "What the package calls the function."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,23}$", var.function))
    error_message = "A function is called by 1 to 23 letters, digits, '_' or '-', which its full name ends in."
  }
}

variable "description" {
  type        = string
  description = "What the function does, for people who see it in the console."

  validation {
    condition     = length(var.description) <= 256
    error_message = "A description has at most 256 characters."
  }
}

variable "handler" {
  type        = string
  description = "Dotted path of the Python callable in the package, as build/api.json names it."

  validation {
    condition     = can(regex("^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z_][A-Za-z0-9_]*)+$", var.handler)) && length(var.handler) <= 128
    error_message = "A handler looks like app.app: a module's dotted path, a dot, and a callable's name."
  }
}

variable "runtime" {
  type        = string
  description = "Lambda runtime: that for which the package was made, as build/api.json says."

  validation {
    condition     = can(regex("^python3[.]1[1-3]$", var.runtime))
    error_message = "The runtime is python3.11, python3.12 or python3.13: version 5.100.0 of the AWS provider knows no later one."
  }
}

variable "architecture" {
  type        = string
  description = "Processor that the package's compiled modules are for, as build/api.json says."

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "The architecture is x86_64 or arm64."
  }
}

variable "package_path" {
  type        = string
  description = "The package, which `make package` makes: a zip file on this machine. Null when it is in S3."
  default     = null

  validation {
    condition     = var.package_path == null || can(regex("[.]zip$", var.package_path))
    error_message = "The package is a .zip file."
  }

  validation {
    condition     = (var.package_path == null) != (var.package_s3 == null)
    error_message = "The package is either on this machine or in S3: exactly one of both."
  }
}

variable "package_s3" {
  type = object({
    bucket = string
    key    = string
  })
  description = "Where in S3 the package is, so that many functions need one upload; null when it is on this machine."
  default     = null

  validation {
    condition     = var.package_s3 == null || can(regex("[.]zip$", var.package_s3.key))
    error_message = "The package is a .zip file."
  }
}

variable "package_sha256" {
  type        = string
  description = "SHA-256 of the package in base64, as filebase64sha256() gives it: a change of it is a change of the function."

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package_sha256))
    error_message = "A SHA-256 in base64 has 44 characters and ends in '='."
  }
}

variable "role_arn" {
  type        = string
  description = "ARN of the execution role, of which the function gets its credentials."

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.role_arn))
    error_message = "One role's ARN is needed, without a wildcard."
  }
}

variable "memory_mb" {
  type        = number
  description = "Memory in MB. Processor time grows with it: a whole core at 1,769."

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "The memory is a whole number of MB from 128 to 10240."
  }
}

variable "timeout_seconds" {
  type        = number
  description = "After so many seconds Lambda ends an invocation. API Gateway waits 29 for an answer."

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "The timeout is a whole number of seconds from 1 to 900."
  }
}

variable "environment" {
  type        = map(string)
  description = "The function's settings. Names and ARNs of secrets, never their values: whoever may see the function sees them."
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Z][A-Z0-9_]*$", name))])
    error_message = "A setting's name has capital letters, digits or '_', and begins with a letter."
  }

  validation {
    condition     = length(setintersection(keys(var.environment), ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])) == 0
    error_message = "Lambda itself sets the region and the role's credentials: leave them out."
  }

  validation {
    condition     = length(jsonencode(var.environment)) <= 4096
    error_message = "Lambda takes settings of at most 4 KB altogether."
  }
}

variable "vpc" {
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  description = "Where the function's network interfaces are, for what reaches the database; null for a function outside of any VPC."
  default     = null

  validation {
    condition     = try(length(distinct(var.vpc.subnet_ids)) >= 2 && length(var.vpc.security_group_ids) >= 1, var.vpc == null)
    error_message = "Two subnets in different zones, and a security group, are needed."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How long the function's log is kept, in days."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "tracing" {
  type        = bool
  description = "Whether X-Ray traces the invocations, for which the role needs xray:PutTraceSegments and xray:PutTelemetryRecords."
  default     = false
}

variable "reserved_concurrency" {
  type        = number
  description = "At most so many instances run at once, and so many are kept free for this function; null for what the account has left."
  default     = null

  validation {
    condition     = try(var.reserved_concurrency >= 1 && floor(var.reserved_concurrency) == var.reserved_concurrency, var.reserved_concurrency == null)
    error_message = "The reserved concurrency is a whole number from 1: with 0 the function would never run."
  }
}

variable "on_failure" {
  type = object({
    destination_arn     = string
    maximum_retries     = optional(number, 2)
    maximum_age_seconds = optional(number, 3600)
  })
  description = "Queue or topic for what failed at every try, to which the role must be allowed to send; null for a function that nobody invokes asynchronously."
  default     = null

  validation {
    condition     = var.on_failure == null || can(regex("^arn:[a-z-]+:(sqs|sns):[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", var.on_failure.destination_arn))
    error_message = "The destination is the ARN of one SQS queue or SNS topic, none of them FIFO."
  }

  validation {
    condition     = try(contains([0, 1, 2], var.on_failure.maximum_retries), var.on_failure == null)
    error_message = "Lambda tries again 0, 1 or 2 times."
  }

  validation {
    condition     = try(var.on_failure.maximum_age_seconds >= 60 && var.on_failure.maximum_age_seconds <= 21600, var.on_failure == null)
    error_message = "Lambda keeps an event for 60 to 21600 seconds."
  }
}
