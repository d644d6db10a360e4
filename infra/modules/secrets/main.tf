# The passwords of the database's three logins, each in a secret of its own, so that IAM can give away one
# without the others. The values are write-only: they pass through Terraform and stay in no state or plan.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  usernames = {
    reader = "app_reader"
    writer = "app_writer"
  }

  names = merge({ master = "${var.placement.name}/database/master" }, {
    for login, username in local.usernames : login => "${var.placement.name}/database/${username}"
  })

  # The ARN of a secret ends in six characters that AWS draws. Six question marks stand for them and for
  # nothing else, while '*' would also name every secret whose name merely begins with this one's.
  arn_patterns = {
    for login, name in local.names :
    login => "arn:${var.placement.partition}:secretsmanager:${var.placement.region}:${var.placement.account_id}:secret:${name}-??????"
  }

  credentials = {
    master = var.master
    reader = { username = local.usernames.reader, password = var.reader_password }
    writer = { username = local.usernames.writer, password = var.writer_password }
  }

  versions = {
    master = var.master_version
    reader = var.login_version
    writer = var.login_version
  }
}

resource "aws_secretsmanager_secret" "this" {
  for_each = local.names

  name                    = each.value
  description             = "Login to the database of ${var.placement.name}."
  kms_key_id              = var.placement.kms_key_arn
  recovery_window_in_days = var.recovery_window_days

  lifecycle {
    postcondition {
      condition = (
        startswith(self.arn, trimsuffix(local.arn_patterns[each.key], "??????"))
        && length(self.arn) == length(local.arn_patterns[each.key])
      )
      error_message = "The secret is ${self.arn}, but policies name ${local.arn_patterns[each.key]}: region, account or partition is wrong."
    }
  }
}

# What other systems know as the form of an RDS secret. Terraform writes a value when the version is raised and
# at no other time, so the passwords that rotation writes later stay.
# Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
resource "aws_secretsmanager_secret_version" "this" {
  for_each = aws_secretsmanager_secret.this

  secret_id                = each.value.id
  secret_string_wo_version = local.versions[each.key]
  secret_string_wo = jsonencode({
    engine   = "postgres"
    host     = var.database.host
    port     = var.database.port
    dbname   = var.database.name
    username = local.credentials[each.key].username
    password = local.credentials[each.key].password
  })

  # Rotation takes AWSCURRENT away. A version without any label is deleted in time, and Terraform would then
  # write its own password again over the rotated one: the second label keeps the version.
  version_stages = ["AWSCURRENT", "TERRAFORM"]

  lifecycle {
    ignore_changes = [version_stages]
  }
}
