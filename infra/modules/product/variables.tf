variable "name" {
  type        = string
  description = "What the names of all that is deployed begin with."
  default     = "bulkhead"

  # With '-' and a stage's name, which has up to 20 characters, it makes a placement's name, which has up to 40.
  validation {
    condition     = can(regex("^[a-z](?:-?[a-z0-9])*$", var.name)) && length(var.name) <= 19
    error_message = "A product's name has 1 to 19 lower-case letters, digits or single '-', begins with a letter and ends in no '-'."
  }

  # As modules/placement refuses them, which says where this comes from; here before there is a stage.
  validation {
    condition     = !can(regex("^(?:amzn-s3-demo|sg|sthree)-", "${var.name}-"))
    error_message = "A product's name is neither amzn-s3-demo nor sthree, which S3 keeps for itself, nor sg, which EC2 does, and begins with none of them and '-'."
  }
}
