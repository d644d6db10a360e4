# The stored copy of the user pool's signing keys, for functions in the stage's network, which cannot fetch them where they
# are published. A copy that is lost is fetched again, so that nothing protects the table against deletion.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name = "${var.placement.name}-signing-keys"
  arn  = "arn:${var.placement.partition}:dynamodb:${var.placement.region}:${var.placement.account_id}:table/${local.name}"
}

resource "aws_dynamodb_table" "this" {
  name           = local.name
  billing_mode   = "PAY_PER_REQUEST"
  hash_key       = "issuer"
  stream_enabled = false

  attribute {
    name = "issuer"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.placement.kms_key_arn
  }

  lifecycle {
    postcondition {
      condition     = self.arn == local.arn
      error_message = "The table is ${self.arn}, but policies name ${local.arn}: region, account or partition is wrong."
    }
  }
}
