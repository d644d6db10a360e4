variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the secrets are, as the module placement checks: their names are NAME/database/master, app_reader and app_writer. The key's policy must let their readers decrypt through Secrets Manager."
}

variable "database" {
  type = object({
    host = string
    port = number
    name = string
  })
  description = "Where the database is. A change reaches the secrets when both versions are raised."
}

variable "master" {
  type = object({
    username = string
    password = string
  })
  description = "The login that owns the schema and sets the other logins' passwords."
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = length(var.master.username) > 0 && length(var.master.password) >= 8
    error_message = "The master needs a user name, and a password of 8 characters or more."
  }
}

variable "reader_password" {
  type        = string
  description = "First password of app_reader. It counts when login_version is new, and is ignored otherwise."
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = length(var.reader_password) >= 32
    error_message = "The password of app_reader needs 32 characters or more."
  }
}

variable "writer_password" {
  type        = string
  description = "First password of app_writer. It counts when login_version is new, and is ignored otherwise."
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = length(var.writer_password) >= 32
    error_message = "The password of app_writer needs 32 characters or more."
  }

  validation {
    condition     = var.writer_password != var.reader_password
    error_message = "Who may read must not know the password of who may write."
  }
}

variable "master_version" {
  type        = number
  description = "Raise it to write the master's user name and password again."
  default     = 1

  validation {
    condition     = var.master_version >= 1 && floor(var.master_version) == var.master_version
    error_message = "The version is a whole number from 1."
  }
}

variable "login_version" {
  type        = number
  description = "Raise it to write new passwords of app_reader and app_writer; then migrate_database must run, since it sets them in the database."
  default     = 1

  validation {
    condition     = var.login_version >= 1 && floor(var.login_version) == var.login_version
    error_message = "The version is a whole number from 1."
  }
}

variable "recovery_window_days" {
  type        = number
  description = "Days for which a deleted secret can be restored, and its name not be used again. 0 only where the data is disposable."
  default     = 30

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "The recovery window has 7 to 30 days, or 0 for none."
  }
}
