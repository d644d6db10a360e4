# The table that all tenants share: encrypted, restorable to any second of the last 35 days, and
# reachable by partition key only, since an index or a stream is a path to data without a leading key.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  arn = "arn:${var.placement.partition}:dynamodb:${var.placement.region}:${var.placement.account_id}:table/${var.placement.name}"
}

resource "aws_dynamodb_table" "this" {
  name                        = var.placement.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  stream_enabled              = false
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
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
