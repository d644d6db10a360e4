variable "stage" {
  type        = string
  description = "Name of the stage, a part of every resource's name."
  default     = "local"

  validation {
    condition     = can(regex("^[a-z](?:-?[a-z0-9])*$", var.stage)) && length(var.stage) <= 20
    error_message = "A stage name has 1 to 20 lower-case letters, digits or single '-', begins with a letter and ends in no '-'."
  }
}

variable "region" {
  type        = string
  description = "Region that the local AWS plays."
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account that the local AWS plays. Any other is refused, so that a forgotten AWS_ENDPOINT_URL changes nothing."
  default     = "123456789012"

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "vending_strategy" {
  type        = string
  description = "What confines a tenant's session: the user's token (web_identity), its tags, which the API says (session_tags), or the session policy that the API passes (session_policy)."
  default     = "web_identity"
}

variable "session_per" {
  type        = string
  description = "What shares a session under web_identity: a tenant's users of one role (tenant), or none with another (user), so that CloudTrail names the user."
  default     = "tenant"
}

variable "vpc_endpoint_id" {
  type        = string
  description = "Id of the VPC endpoint that the local AWS plays on a listener of its own, through which the functions in the network call. Null for a stage that plays no network."
  default     = null

  validation {
    condition     = var.vpc_endpoint_id == null || can(regex("^vpce-[0-9a-f]+$", var.vpc_endpoint_id))
    error_message = "An endpoint's id looks like vpce-0123456789abcdef0."
  }
}

variable "authorizer_cache_seconds" {
  type        = number
  description = "Seconds for which the token of a suspended tenant may still be accepted: half of it API Gateway keeps the authorizer's answer, and half the authorizer keeps the tenant's status."
  default     = 60

  validation {
    condition = (
      var.authorizer_cache_seconds >= 2 && var.authorizer_cache_seconds <= 3600
      && floor(var.authorizer_cache_seconds) == var.authorizer_cache_seconds
    )
    error_message = "The authorizer caches for a whole number of seconds from 2 to 3600."
  }
}

variable "database" {
  type = object({
    host = string
    port = number
    name = string
  })
  description = "The PostgreSQL that already runs on this machine, and the stage's database on it. Null for a stage without one."
  default     = null

  validation {
    condition = try(
      length(regex("^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?:[1-9][0-9]*/[A-Za-z_][A-Za-z0-9_-]{0,62}$", "${var.database.host}:${var.database.port}/${var.database.name}")) > 0
      && var.database.port <= 65535, var.database == null
    )
    error_message = "A database has a host without scheme, a port, and a name of 1 to 63 letters, digits, '_' or '-' that begins with a letter or '_'."
  }
}

variable "database_master_username" {
  type        = string
  description = "Who sets up the database, as whom migrations run; null in a stage without one."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.database == null) == (var.database_master_username == null)
    error_message = "A database needs its master's user name, and nothing else does."
  }
}

variable "database_master_password" {
  type        = string
  description = "The master's password, which the server knows already; null in a stage without a database."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.database == null) == (var.database_master_password == null)
    error_message = "A database needs its master's password, and nothing else does."
  }
}
