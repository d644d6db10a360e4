variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "Where the page is, as the module placement checks: the distribution's policies are called NAME, and the bucket NAME-web-ACCOUNT. The key is not used. At the region's user pools the page signs users in."
}

variable "api_origin" {
  type        = string
  description = "Scheme and host of the API, which the page calls."

  validation {
    condition     = can(regex("^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?$", var.api_origin))
    error_message = "The API's origin is https:// and a host: no path, no wildcard."
  }
}

variable "api_url" {
  type        = string
  description = "Where the API is, with its stage and without a slash at the end."

  validation {
    condition     = startswith(var.api_url, "${var.api_origin}/") && !endswith(var.api_url, "/")
    error_message = "The API's URL is one of its origin, which is all that the page may connect to, and has no slash at the end."
  }
}

variable "client_id" {
  type        = string
  description = "The user pool client through which the page signs users in."

  validation {
    condition     = can(regex("^[A-Za-z0-9_+]{1,128}$", var.client_id))
    error_message = "A client's id has 1 to 128 letters, digits, '_' or '+'."
  }
}

variable "stage" {
  type        = string
  description = "Name of the stage, for the page's configuration."
}

variable "product" {
  type        = string
  description = "What the page calls the product, in its header and its titles."

  validation {
    condition     = can(regex("^[^[:space:][:cntrl:]]([^[:cntrl:]]{0,38}[^[:space:][:cntrl:]])?$", var.product))
    error_message = "The product's name has 1 to 40 characters on one line, and no space at either end."
  }
}

variable "entities" {
  type        = list(object({ name = string, title = string, writers = list(string) }))
  description = "The page's navigation, in its order: each entity's name, which is that of its route and of its module js/entities/NAME.js; its title; and the roles that are offered changes. What a role may do, the API decides."

  validation {
    condition     = alltrue([for entity in var.entities : can(regex("^[a-z][a-z0-9_]*$", entity.name))])
    error_message = "An entity's name has lower-case letters, digits or '_', and begins with a letter."
  }

  validation {
    condition     = length(distinct(var.entities[*].name)) == length(var.entities)
    error_message = "An entity is listed once."
  }

  validation {
    condition     = alltrue([for entity in var.entities : length(trimspace(entity.title)) > 0])
    error_message = "An entity has a title."
  }

  validation {
    condition     = alltrue([for entity in var.entities : fileexists("${var.files}/js/entities/${entity.name}.js")])
    error_message = "Every entity has a module of its own: write js/entities/NAME.js in the folder of the page's files."
  }
}

variable "files" {
  type        = string
  description = "Folder of the page's files."
}

variable "domain" {
  type = object({
    name            = string
    certificate_arn = string
  })
  description = "The page's own domain, and its certificate in us-east-1, where CloudFront looks for it. Null for the name that CloudFront draws."
  default     = null

  validation {
    condition     = var.domain == null || can(regex("^[a-z0-9-]+([.][a-z0-9-]+)+$", var.domain.name))
    error_message = "A domain has lower-case letters, digits, '-' and dots: no scheme, no path, no wildcard."
  }

  validation {
    condition     = var.domain == null || can(regex("^arn:[a-z-]+:acm:us-east-1:[0-9]{12}:certificate/[a-z0-9-]+$", var.domain.certificate_arn))
    error_message = "The certificate is one of ACM in us-east-1."
  }
}

variable "price_class" {
  type        = string
  description = "From where CloudFront answers: PriceClass_100 (Europe and North America), PriceClass_200 (and most of Asia, Africa) or PriceClass_All."
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "The price class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "force_destroy" {
  type        = bool
  description = "Whether the bucket is deleted with the files in it, which `make deploy` can upload again."
  default     = false
}
