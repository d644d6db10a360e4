variable "name" {
  type        = string
  description = "Name of the bucket, unique among all accounts of the partition: an account id in it, and a region, help."

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 63 lower-case letters, digits or '-', and no '-' at either end."
  }
}

variable "partition" {
  type        = string
  description = "AWS partition of the bucket's ARN."
  default     = "aws"

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }
}

variable "package_path" {
  type        = string
  description = "The package, which `make package` makes: a zip file on this machine."

  validation {
    condition     = endswith(var.package_path, ".zip")
    error_message = "The package is a .zip file."
  }
}

variable "package_sha256" {
  type        = string
  description = "SHA-256 of the package in base64, as filebase64sha256() gives it: the package's name comes of it."

  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.package_sha256))
    error_message = "A SHA-256 in base64 has 44 characters and ends in '='."
  }
}

variable "require_tls" {
  type        = bool
  description = "Whether the bucket refuses requests without TLS. Off only where there is no TLS, on an emulator."
  default     = true
}
