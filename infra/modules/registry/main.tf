# The table of the tenants themselves: one item for each, in a table of its own, since what needs several tenants
# must not share one with their data. Who was a tenant once stays known: no role of the product may delete an item.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  name = "${var.placement.name}-tenants"
  arn  = "arn:${var.placement.partition}:dynamodb:${var.placement.region}:${var.placement.account_id}:table/${local.name}"
}

resource "aws_dynamodb_table" "this" {
  name                        = local.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "tenant_id"
  stream_enabled              = false
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "tenant_id"
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
