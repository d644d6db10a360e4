# Where PostgreSQL is: an RDS instance that is private, encrypted and refuses connections without TLS, or a
# server that already runs.

module "placement" {
  source = "../placement"

  placement = var.placement
}

locals {
  major_version = var.instance == null ? null : split(".", var.instance.engine_version)[0]

  endpoint = var.existing != null ? var.existing : {
    host = one(aws_db_instance.this[*].address)
    port = one(aws_db_instance.this[*].port)
    name = one(aws_db_instance.this[*].db_name)
  }

  log_exports = var.instance == null ? [] : ["postgresql", "upgrade"]

  # Where a value is the engine's own default, RDS forgets any other apply_method than pending-reboot, and
  # every plan would show a change. The group is there before its instance starts, so nothing waits for a reboot.
  parameters = {
    "rds.force_ssl" = {
      value        = "1"
      apply_method = "pending-reboot"
    }
    "password_encryption" = {
      value        = "scram-sha-256"
      apply_method = "pending-reboot"
    }

    # A Lambda environment that was frozen or is gone does not close its connection. In milliseconds.
    "idle_session_timeout" = {
      value        = tostring(15 * 60 * 1000)
      apply_method = "immediate"
    }
    "idle_in_transaction_session_timeout" = {
      value        = tostring(60 * 1000)
      apply_method = "immediate"
    }
  }
}

resource "aws_db_subnet_group" "this" {
  count = var.instance == null ? 0 : 1

  name        = var.placement.name
  description = "Private subnets of the database of ${var.placement.name}."
  subnet_ids  = var.instance.subnet_ids
}

# Named after the major version: an upgrade makes a group beside the old one, which is in use until then.
resource "aws_db_parameter_group" "this" {
  count = var.instance == null ? 0 : 1

  name        = "${var.placement.name}-postgres${local.major_version}"
  description = "TLS, SCRAM and idle limits for the database of ${var.placement.name}."
  family      = "postgres${local.major_version}"

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.apply_method
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

# RDS would create them itself, and keep the logs for ever.
resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(local.log_exports)

  name              = "/aws/rds/instance/${var.placement.name}/${each.value}"
  retention_in_days = var.instance.log_retention_days
  kms_key_id        = var.placement.kms_key_arn
}

resource "aws_db_instance" "this" {
  count = var.instance == null ? 0 : 1

  identifier     = var.placement.name
  engine         = "postgres"
  engine_version = var.instance.engine_version
  instance_class = var.instance.class
  db_name        = var.instance.database_name
  port           = 5432

  # Write-only: the password is in no state and no plan. Database logins are by password alone, so that the
  # secrets decide who may log in.
  username                            = var.instance.master_username
  password_wo                         = var.master_password
  password_wo_version                 = var.master_password_version
  iam_database_authentication_enabled = false

  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  vpc_security_group_ids = var.instance.security_group_ids
  parameter_group_name   = aws_db_parameter_group.this[0].name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.placement.kms_key_arn
  allocated_storage     = var.instance.storage_gb
  max_allocated_storage = var.instance.max_storage_gb

  multi_az                  = var.instance.multi_az
  backup_retention_period   = var.instance.backup_retention_days
  copy_tags_to_snapshot     = true
  deletion_protection       = var.instance.deletion_protection
  skip_final_snapshot       = !var.instance.final_snapshot
  final_snapshot_identifier = var.instance.final_snapshot ? "${var.placement.name}-final" : null

  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.placement.kms_key_arn
  enabled_cloudwatch_logs_exports = local.log_exports

  depends_on = [aws_cloudwatch_log_group.this]
}
