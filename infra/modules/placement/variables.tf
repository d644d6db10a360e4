variable "placement" {
  type        = object({ name = string, partition = optional(string, "aws"), region = string, account_id = string, kms_key_arn = optional(string) })
  description = "What names begin with; partition, region and account, which must be the provider's; and the KMS key that encrypts what is kept, or null for the services' own keys. Policies are made of these, and known at plan time."

  # The longest name made of it has 21 characters more: that of a bucket, which may have 63.
  validation {
    condition     = can(regex("^[a-z](?:-?[a-z0-9])*$", var.placement.name)) && length(var.placement.name) >= 3 && length(var.placement.name) <= 40
    error_message = "The name has 3 to 40 lower-case letters, digits or single '-', begins with a letter and ends in no '-'."
  }

  # Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and
  # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html, GroupName
  validation {
    condition     = !can(regex("^(?:amzn-s3-demo|sg|sthree)-", "${var.placement.name}-"))
    error_message = "The name does not begin with amzn-s3-demo- or sthree-, which S3 keeps for itself, or with sg-, which EC2 does."
  }

  validation {
    condition     = contains(["aws", "aws-cn", "aws-us-gov"], var.placement.partition)
    error_message = "The partition is aws, aws-cn or aws-us-gov."
  }

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.placement.region))
    error_message = "A region looks like eu-central-1."
  }

  validation {
    condition     = can(regex("^[0-9]{12}$", var.placement.account_id))
    error_message = "An account id has 12 digits."
  }

  validation {
    condition     = var.placement.kms_key_arn == null || can(regex("^arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.placement.kms_key_arn))
    error_message = "The ARN of one KMS key is needed: no alias and no wildcard."
  }
}
