variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the instance is, as the module placement checks: the names of it and what belongs to it begin with NAME. Without a key, the account's own aws/rds encrypts it."
}

variable "instance" {
  type = object({
    class                 = string
    storage_gb            = number
    max_storage_gb        = number
    subnet_ids            = list(string)
    security_group_ids    = list(string)
    database_name         = string
    master_username       = string
    engine_version        = optional(string, "17")
    multi_az              = optional(bool, true)
    backup_retention_days = optional(number, 14)
    deletion_protection   = optional(bool, true)
    final_snapshot        = optional(bool, true)
    log_retention_days    = optional(number, 90)
  })
  description = "The RDS instance to create, or null for an existing server."
  default     = null

  validation {
    condition     = (var.instance == null) != (var.existing == null)
    error_message = "Either an instance is created or an existing server is named: exactly one of both."
  }

  validation {
    condition     = var.instance == null || can(regex("^db[.][a-z0-9]+[.][a-z0-9]+$", var.instance.class))
    error_message = "An instance class looks like db.t4g.small."
  }

  validation {
    condition     = var.instance == null || can(regex("^1[5-9]([.][0-9]+)?$", var.instance.engine_version))
    error_message = "The engine version is a major version from 15 on, with or without the minor version."
  }

  validation {
    condition     = try(var.instance.storage_gb >= 20 && var.instance.max_storage_gb >= 1.1 * var.instance.storage_gb, var.instance == null)
    error_message = "Storage starts at 20 GB, and may grow by a tenth or more."
  }

  validation {
    condition     = try(length(distinct(var.instance.subnet_ids)) >= 2 && length(var.instance.security_group_ids) >= 1, var.instance == null)
    error_message = "Two subnets in different zones, and a security group, are needed."
  }

  validation {
    condition = var.instance == null || can([
      for name in [var.instance.database_name, var.instance.master_username] : regex("^[a-z][a-z0-9_]{0,62}$", name)
    ])
    error_message = "Names in the database have 1 to 63 lower-case letters, digits or '_', and begin with a letter."
  }

  validation {
    condition     = try(var.instance.backup_retention_days >= 1 && var.instance.backup_retention_days <= 35, var.instance == null)
    error_message = "Backups are kept for 1 to 35 days: without any, nothing could be restored to a point in time."
  }
}

variable "existing" {
  type = object({
    host = string
    port = number
    name = string
  })
  description = "Where a PostgreSQL that already runs is, and its database; null for a new instance. Its TLS, storage and backups are its owner's."
  default     = null

  validation {
    condition     = var.existing == null || can(regex("^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$", var.existing.host))
    error_message = "The host is a name or an address, without scheme and port."
  }

  validation {
    condition     = try(var.existing.port >= 1 && var.existing.port <= 65535 && floor(var.existing.port) == var.existing.port, var.existing == null)
    error_message = "A port is a whole number from 1 to 65535."
  }

  validation {
    condition     = var.existing == null || can(regex("^[A-Za-z_][A-Za-z0-9_-]{0,62}$", var.existing.name))
    error_message = "A database's name has 1 to 63 letters, digits, '_' or '-', and begins with a letter or '_'."
  }
}

variable "master_password" {
  type        = string
  description = "Password of the new instance's master, which counts when master_password_version is new; null for an existing server."
  default     = null
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = (var.instance == null) == (var.master_password == null)
    error_message = "A new instance needs a master password, an existing server has one."
  }

  validation {
    condition     = var.master_password == null || can(regex("^[!#-&(-.0-?A-~]{16,128}$", var.master_password))
    error_message = "The master password has 16 to 128 printable ASCII characters, none of them '/', '@', a quote or a space."
  }
}

variable "master_password_version" {
  type        = number
  description = "Raise it, together with that of the master's secret, to set another master password; also when an apply failed after one of both was written."
  default     = 1

  validation {
    condition     = var.master_password_version >= 1 && floor(var.master_password_version) == var.master_password_version
    error_message = "The version is a whole number from 1."
  }
}
