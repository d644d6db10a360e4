variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the API is, as the module placement checks, and its name. The key is for the access log."
}

variable "description" {
  type        = string
  description = "What the API is, for people who see it in the console."
}

variable "stage_name" {
  type        = string
  description = "Name of the API's only stage, which its URL ends in."

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,128}$", var.stage_name))
    error_message = "A stage's name has 1 to 128 letters, digits, '_' or '-'."
  }
}

variable "routes" {
  type = map(object({
    allow_methods = optional(string)
    methods       = map(object({ authorized = bool }))
  }))
  description = "The routes by path, as build/api.json has them: the methods, whether each asks the authorizer, and what a preflight answers to Access-Control-Allow-Methods (null: there is none)."

  validation {
    condition     = length(var.routes) > 0 && alltrue([for path, route in var.routes : length(route.methods) > 0])
    error_message = "There must be a route, and a method on each."
  }

  validation {
    condition     = alltrue([for path in keys(var.routes) : path == "/" || can(regex("^(/([A-Za-z0-9_.-]+|[{][A-Za-z0-9_]+[}])){1,3}$", path))])
    error_message = "A path has up to three parts, such as /items/{product_id}; for a deeper one add a level to this module."
  }

  validation {
    condition     = alltrue(flatten([for route in values(var.routes) : [for method in keys(route.methods) : contains(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"], method)]]))
    error_message = "A method is GET, HEAD, POST, PUT, PATCH or DELETE: OPTIONS is answered by API Gateway, and ANY would hide what is open."
  }

  validation {
    condition     = alltrue([for route in values(var.routes) : can(regex("^[A-Z]+(,[A-Z]+)*$", route.allow_methods)) if route.allow_methods != null])
    error_message = "The methods of a preflight look like GET,POST,OPTIONS."
  }
}

variable "cors_headers" {
  type        = map(string)
  description = "The headers of every answer to a page of another origin, as build/api.json has them, without the origin."

  validation {
    condition     = alltrue([for name, value in var.cors_headers : can(regex("^[A-Za-z-]+$", name)) && !strcontains(value, "'")])
    error_message = "A header's name has letters and '-'; its value has no quote."
  }

  validation {
    condition     = !contains(keys(var.cors_headers), "Access-Control-Allow-Origin")
    error_message = "The origin is a variable of its own: leave it out of the headers."
  }
}

variable "cors_origin" {
  type        = string
  description = "The one origin whose pages may call the API."

  validation {
    condition     = can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", var.cors_origin))
    error_message = "The origin looks like https://app.example.com: no path, no wildcard."
  }
}

variable "binary_media_types" {
  type        = list(string)
  description = "Content types of bodies that are no text, as build/api.json has them."

  validation {
    condition     = !contains(var.binary_media_types, "*/*")
    error_message = "Not every body is binary: */* would also encode JSON."
  }
}

variable "handler" {
  type = object({
    function_name = string
    invoke_arn    = string
  })
  description = "The function behind every route."

  validation {
    condition     = can(regex("^arn:[a-z-]+:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:${var.handler.function_name}/invocations$", var.handler.invoke_arn))
    error_message = "The invoke ARN is that by which API Gateway invokes the named function."
  }
}

variable "authorizer" {
  type = object({
    function_name = string
    invoke_arn    = string
    ttl_seconds   = number
  })
  description = "The function that judges id tokens, and how long API Gateway may go on with what it said of one."

  validation {
    condition     = can(regex("^arn:[a-z-]+:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/arn:[a-z-]+:lambda:[a-z0-9-]+:[0-9]{12}:function:${var.authorizer.function_name}/invocations$", var.authorizer.invoke_arn))
    error_message = "The invoke ARN is that by which API Gateway invokes the named function."
  }

  validation {
    condition     = var.authorizer.ttl_seconds >= 0 && var.authorizer.ttl_seconds <= 3600 && floor(var.authorizer.ttl_seconds) == var.authorizer.ttl_seconds
    error_message = "API Gateway keeps an answer for 0 to 3600 whole seconds."
  }

  validation {
    condition     = var.authorizer.function_name != var.handler.function_name
    error_message = "The authorizer is another function than the handler: it has a role of its own."
  }
}

variable "throttling" {
  type = object({
    rate  = number
    burst = number
  })
  description = "Requests a second, and at once, beyond which API Gateway answers 429; for each method, all tenants together."

  validation {
    condition     = var.throttling.rate > 0 && var.throttling.burst >= 1 && floor(var.throttling.burst) == var.throttling.burst
    error_message = "The rate is more than 0, and the burst a whole number from 1: otherwise every request would be refused."
  }
}

variable "access_logs" {
  type = object({
    retention_days = number
  })
  description = "How long the lines about requests are kept, in days; null for no such log. It needs the account's own logging role for API Gateway."
  default     = null

  validation {
    condition = try(
      contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.access_logs.retention_days),
      var.access_logs == null,
    )
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "tracing" {
  type        = bool
  description = "Whether X-Ray traces requests through the API."
  default     = false
}
