variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the network is, as the module placement checks: the names of it and what belongs to it begin with NAME. The region is one where the services' endpoints are called com.amazonaws.REGION.SERVICE."

  validation {
    condition     = !startswith(var.placement.region, "cn-")
    error_message = "The region is none of China's: their endpoints have other names."
  }
}

variable "cidr" {
  type        = string
  description = "Addresses of the network, such as 10.20.0.0/20, of which each zone gets a quarter. No overlap with networks that it is to be connected to later."

  validation {
    condition     = can(regex("/(1[6-9]|2[0-4])$", var.cidr)) && can(cidrhost(var.cidr, 0)) && try(cidrhost(var.cidr, 0) == split("/", var.cidr)[0], false)
    error_message = "The addresses are an IPv4 block from /16 to /24, written with its first address."
  }

  validation {
    condition     = can(regex("^(10[.]|172[.](1[6-9]|2[0-9]|3[01])[.]|192[.]168[.])", var.cidr))
    error_message = "The addresses are private ones: of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16."
  }
}

variable "zones" {
  type        = list(string)
  description = "Names of the availability zones, each with a subnet. More may be added at the end; another order would make other subnets."

  validation {
    condition     = length(distinct(var.zones)) == length(var.zones) && length(var.zones) >= 2 && length(var.zones) <= 4
    error_message = "The network has subnets in 2 to 4 different zones."
  }

  validation {
    condition     = alltrue([for zone in var.zones : startswith(zone, var.placement.region) && can(regex("^[a-z]$", trimprefix(zone, var.placement.region)))])
    error_message = "A zone is the region and a letter, such as eu-central-1a."
  }
}

variable "tables" {
  type = object({
    pooled_arn       = string
    registry_arn     = string
    signing_keys_arn = string
  })
  description = "ARNs of the tables that functions in the network reach, known at plan time; no index and no stream of one."

  validation {
    condition = alltrue([
      for arn in values(var.tables) : can(regex("^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9_.-]{3,255}$", arn))
    ])
    error_message = "Each is one table's ARN: no wildcard, index or stream."
  }
}

variable "secrets" {
  type = object({
    master_arn = string
    reader_arn = string
    writer_arn = string
  })
  description = "ARNs of the database's secrets, known at plan time: with ?????? for the six characters that AWS draws."

  validation {
    condition = alltrue([
      for arn in values(var.secrets) :
      can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+-[?]{6}$", arn))
    ])
    error_message = "Each ARN names one secret and ends in -??????, without any other wildcard."
  }
}

variable "tenant_role_arn" {
  type        = string
  description = "ARN of the role in whose sessions users reach their tenant's data, known at plan time."

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.tenant_role_arn))
    error_message = "One role's ARN is needed, without a wildcard."
  }
}

variable "tenant_maintenance_role_arn" {
  type        = string
  description = "ARN of the role in whose sessions a tenant's data is reached without a user's token, known at plan time."

  validation {
    condition     = can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", var.tenant_maintenance_role_arn))
    error_message = "One role's ARN is needed, without a wildcard."
  }
}

variable "sessions_by_token" {
  type        = bool
  description = "Whether a user's token opens the sessions in which users reach their tenant's data, and not the API's own role."
}

variable "role_arns" {
  type = object({
    api_handler      = string
    migrate_database = string
    rotate_secret    = string
    onboard_tenant   = string
    offboard_tenant  = string
  })
  description = "ARN of the role of each function in the network, known at plan time."

  validation {
    condition = alltrue([
      for arn in values(var.role_arns) : can(regex("^arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]+$", arn))
    ])
    error_message = "Each is one role's ARN, without a wildcard."
  }
}

variable "user_pool_arn" {
  type        = string
  description = "ARN of the user pool, which must have no domain: the endpoint refuses pools with one. AWS draws its id, so that the endpoint's policy is known after the pool is made."

  validation {
    condition     = can(regex("^arn:[a-z-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[A-Za-z0-9_-]+$", var.user_pool_arn))
    error_message = "One user pool's ARN is needed, without a wildcard."
  }
}

variable "export_bucket_arn" {
  type        = string
  description = "ARN of the bucket for the exports of offboarded tenants, known at plan time."

  validation {
    condition     = can(regex("^arn:[a-z-]+:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.export_bucket_arn))
    error_message = "One bucket's ARN is needed, without a path or a wildcard."
  }
}
