variable "stage" {
  type        = string
  description = "Name of the stage, a part of every resource's name."

  validation {
    condition     = can(regex("^[a-z](?:-?[a-z0-9])*$", var.stage)) && length(var.stage) <= 20
    error_message = "A stage name has 1 to 20 lower-case letters, digits or single '-', begins with a letter and ends in no '-'."
  }
}

variable "region" {
  type        = string
  description = "Region of the stage."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region looks like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "Account of the stage: credentials of any other are refused. Null for whichever account the credentials belong to."
  default     = null

  validation {
    condition     = var.account_id == null || can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has 12 digits."
  }
}

variable "tags" {
  type        = map(string)
  description = "Tags of every resource, beside Project and Stage."
  default     = {}

  validation {
    condition     = length(setintersection(keys(var.tags), ["Project", "Stage"])) == 0
    error_message = "The tags Project and Stage are set already."
  }
}

variable "aws_endpoint_url" {
  type        = string
  description = "Where an emulator of AWS is that a rehearsal deploys to, as AWS_ENDPOINT_URL names it to Terraform: its API and its signing keys have other URLs than those of AWS. Null on AWS."
  default     = null

  validation {
    condition     = var.aws_endpoint_url == null || can(regex("^http://(127[.]0[.]0[.]1|localhost):[0-9]{1,5}$", var.aws_endpoint_url))
    error_message = "An emulator is on this machine: its URL looks like http://127.0.0.1:4566."
  }
}

variable "package_dir" {
  type        = string
  description = "Folder with what `make package` makes: deployment.zip and api.json. Seen from this folder, so that the plan is the same in every checkout."
  default     = "../../build"

  validation {
    condition     = length(var.package_dir) > 0
    error_message = "The folder of the package is needed: `make package` makes it."
  }
}

variable "disposable" {
  type        = bool
  description = "Whether the stage's data may be destroyed with it: nothing is protected against deletion, no snapshot is left, and secrets and exports are gone at once."
  default     = false
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts tables, secrets, database, exports, logs and the functions' settings. Its key policy must let the account's roles use it through these services, and CloudWatch Logs of the region. Null for the services' own keys."
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "The ARN of one KMS key is needed; no alias."
  }

  validation {
    condition     = var.kms_key_arn == null || var.vending_strategy != "session_policy"
    error_message = "The API's session policies say nothing of a key, so that a session could decrypt nothing: a key of one's own needs another strategy than session_policy."
  }
}

variable "vending_strategy" {
  type        = string
  description = "What confines a tenant's session: the user's token (web_identity), its tags, which the API says (session_tags), or the session policy that the API passes (session_policy)."
  default     = "web_identity"

  validation {
    condition     = var.vending_strategy != "web_identity" || var.network != null || var.disposable
    error_message = "Without a network a user could take a token to STS from anywhere: web_identity needs one, unless the stage is disposable."
  }
}

variable "session_per" {
  type        = string
  description = "What shares a session under web_identity: a tenant's users of one role (tenant), or none with another (user), so that CloudTrail names the user."
  default     = "tenant"
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

variable "network" {
  type = object({
    cidr  = string
    zones = list(string)
  })
  description = "Addresses of the stage's own network, and the zones of its private subnets, by name. Null only where the database is on the same machine, in a rehearsal."
  default     = null

  validation {
    condition     = var.network == null || can(cidrhost(var.network.cidr, 0))
    error_message = "The addresses look like 10.20.0.0/16."
  }

  validation {
    condition     = try(length(distinct(var.network.zones)) >= 2, var.network == null)
    error_message = "Two zones or more are needed, by names such as eu-central-1a."
  }
}

variable "database_instance" {
  type = object({
    class                 = string
    storage_gb            = optional(number, 20)
    max_storage_gb        = optional(number, 100)
    engine_version        = optional(string, "17")
    multi_az              = optional(bool, true)
    backup_retention_days = optional(number, 14)
  })
  description = "The RDS instance of the stage, or null for a server that already runs."
  default     = null

  validation {
    condition     = (var.database_instance == null) != (var.database_server == null)
    error_message = "Either database_instance or database_server is set: exactly one of both."
  }

  validation {
    condition     = var.database_instance == null || var.network != null
    error_message = "An instance needs the network in whose private subnets it is."
  }
}

variable "database_server" {
  type = object({
    host                  = string
    port                  = number
    name                  = string
    sslmode               = optional(string, "verify-full")
    backup_retention_days = optional(number, 0)
  })
  description = "A PostgreSQL that already runs and that the functions reach, the stage's database on it, and the days for which its backups are kept; null for a new instance."
  default     = null

  validation {
    condition     = var.database_server == null || try(contains(["verify-full", "disable"], var.database_server.sslmode), false)
    error_message = "sslmode is verify-full, with a certificate of RDS, or disable where nothing leaves the machine."
  }

  validation {
    condition     = try(var.database_server.sslmode == "verify-full" || contains(["127.0.0.1", "localhost"], var.database_server.host), var.database_server == null)
    error_message = "Without TLS a server is reached on this machine only."
  }
}

variable "database_max_connections" {
  type        = number
  description = "How many connections the database's server takes (`show max_connections`). RDS computes it from the class's memory: about 110 for each GB."

  validation {
    condition     = var.database_max_connections >= 20 && floor(var.database_max_connections) == var.database_max_connections
    error_message = "The server takes a whole number of connections, 20 or more."
  }

  # A pool of the reader's and one of the writer's in each environment of the API; both twice, because the environments of
  # the former version keep theirs for a while after a deployment (idle_session_timeout). The control plane's functions
  # take 9, and PostgreSQL and RDS keep some for themselves.
  validation {
    condition     = var.api_concurrency * 2 * var.database_pool_size * 2 + 20 <= var.database_max_connections
    error_message = "4 * api_concurrency * database_pool_size, and 20 for the control plane and the server itself, exceed database_max_connections: lower the former, or take a larger class."
  }
}

variable "database_pool_size" {
  type        = number
  description = "Connections of each of the two logins that one environment of the API's function keeps. An environment serves one request at a time."
  default     = 1

  validation {
    condition     = var.database_pool_size >= 1 && var.database_pool_size <= 100 && floor(var.database_pool_size) == var.database_pool_size
    error_message = "A pool has 1 to 100 connections."
  }
}

variable "database_master_username" {
  type        = string
  description = "Who sets up the database of a server that already runs; null for a new instance, whose master Terraform names."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.database_server == null) == (var.database_master_username == null)
    error_message = "A server that already runs needs its master's user name (TF_VAR_database_master_username), and a new instance does not."
  }
}

variable "database_master_password" {
  type        = string
  description = "The password of that master; null for a new instance, for which one is drawn."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.database_server == null) == (var.database_master_password == null)
    error_message = "A server that already runs needs its master's password (TF_VAR_database_master_password), and a new instance does not."
  }
}

variable "master_password_version" {
  type        = number
  description = "Raise it to set another master password, in the instance and in its secret at once; also when an apply failed between both."
  default     = 1

  validation {
    condition     = var.master_password_version >= 1 && floor(var.master_password_version) == var.master_password_version
    error_message = "The version is a whole number from 1."
  }
}

variable "login_version" {
  type        = number
  description = "Raise it to write new passwords of app_reader and app_writer; then migrate_database must run, as `make deploy` does."
  default     = 1

  validation {
    condition     = var.login_version >= 1 && floor(var.login_version) == var.login_version
    error_message = "The version is a whole number from 1."
  }
}

variable "secret_rotation_days" {
  type        = number
  description = "Days after which the passwords of app_reader and app_writer are changed; null where no Secrets Manager rotates."
  default     = 30

  validation {
    condition     = var.secret_rotation_days == null || try(var.secret_rotation_days >= 1 && var.secret_rotation_days <= 365, false)
    error_message = "Passwords are changed after 1 to 365 days."
  }
}

variable "api_concurrency" {
  type        = number
  description = "How many requests the API's function serves at once: that many environments are reserved for it, and no more are started."

  validation {
    condition     = var.api_concurrency >= 1 && floor(var.api_concurrency) == var.api_concurrency
    error_message = "At least one request must be served at once."
  }
}

variable "memory_mb" {
  type = object({
    api           = optional(number, 1024)
    authorizer    = optional(number, 1024)
    control_plane = optional(number, 512)
  })
  description = "Memory of the functions. Processors come with it: a cold start with 512 MB takes twice as long as with 1024."
  default     = {}

  validation {
    condition     = alltrue([for memory in values(var.memory_mb) : memory >= 256 && memory <= 10240])
    error_message = "A function has 256 to 10240 MB."
  }
}

variable "cached_tenants" {
  type        = number
  description = "How many sessions an environment of the API keeps: one for each tenant and role, or for each user with session_per = \"user\"; 3 KiB each, and 2 KiB for each further token of it. Each call of STS that a kept session saves is one of the account's 600 a second."
  default     = 10000

  validation {
    condition     = var.cached_tenants >= 1 && var.cached_tenants <= 100000 && floor(var.cached_tenants) == var.cached_tenants
    error_message = "From 1 to 100000 sessions are kept."
  }
}

variable "throttling" {
  type = object({
    rate  = number
    burst = number
  })
  description = "Requests a second that the API takes on average, and at once; more are answered 429."
  default     = { rate = 100, burst = 200 }

  validation {
    condition     = var.throttling.rate >= 1 && var.throttling.burst >= 1
    error_message = "At least one request a second is taken."
  }
}

variable "log_retention_days" {
  type        = number
  description = "Days for which logs are kept, the audit log among them."
  default     = 90

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731 days, or years up to 3653."
  }
}

variable "access_logs" {
  type        = bool
  description = "Whether API Gateway logs each request. Off only where the account has no role for it, which `make bootstrap` sets."
  default     = true
}

variable "tracing" {
  type        = bool
  description = "Whether requests are traced by X-Ray."
  default     = true
}

variable "web" {
  type = object({
    domain = optional(object({
      name            = string
      certificate_arn = string
    }))
    price_class = optional(string, "PriceClass_100")
  })
  description = "The bucket and the distribution of the single-page app, with a domain of its own or CloudFront's. Null for a stage whose page is elsewhere, at cors_origin."
  default     = null

  validation {
    condition     = (var.web == null) != (var.cors_origin == null)
    error_message = "Either web or cors_origin is set: exactly one of both says where the page is."
  }
}

variable "cors_origin" {
  type        = string
  description = "The one origin whose pages may call the API, in a stage without a web page of its own; null with one."
  default     = null

  validation {
    condition     = var.cors_origin == null || can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", var.cors_origin))
    error_message = "One origin such as https://app.example.com is needed: no path, no wildcard."
  }
}

variable "alarms" {
  type = object({
    email = optional(string)
  })
  description = "Who gets the alarms' mails, or nobody. Null for a stage without alarms."
  default     = null
}

variable "exports" {
  type = object({
    retention_days = optional(number, 365)
    expire         = optional(bool, true)
  })
  description = "How long the exports of offboarded tenants are kept. Whether they expire is off only on an emulator, which acts on no rules."
  default     = {}

  validation {
    condition     = var.exports.expire || var.aws_endpoint_url != null
    error_message = "On AWS exports expire: set retention_days."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether buckets refuse requests without TLS. Off only on an emulator, which has none."
  default     = true

  validation {
    condition     = var.require_tls || var.aws_endpoint_url != null
    error_message = "On AWS every bucket demands TLS."
  }
}

variable "enforces_leading_keys" {
  type        = bool
  description = "Whether what the stage is deployed to enforces dynamodb:LeadingKeys, and with it the isolation of tenants' items. False says that it does not, so that nobody takes a rehearsal for evidence; it changes no policy."
  default     = true

  validation {
    condition     = var.enforces_leading_keys || var.aws_endpoint_url != null
    error_message = "AWS enforces leading keys."
  }
}
