# PostgreSQL, a new instance or a server that already runs, and the passwords of its logins.

locals {
  # Nobody else is on the instance, so that neither carries the product's name: a master's has 16 characters at most, and a
  # word of SQL could be neither.
  # Source: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html, DBName and MasterUsername
  database_name   = "app"
  master_username = "db_master"

  rotated = var.secret_rotation_days == null ? {} : {
    reader = module.secrets.reader_arn
    writer = module.secrets.writer_arn
  }
}

module "database" {
  source = "../modules/database"

  placement               = local.placement
  master_password         = var.database_instance == null ? null : ephemeral.aws_secretsmanager_random_password.login["master"].random_password
  master_password_version = var.master_password_version
  existing                = var.database_server

  instance = one([for asked in var.database_instance[*] : merge(asked, {
    subnet_ids          = module.network[0].private_subnet_ids
    security_group_ids  = [module.network[0].database_security_group_id]
    database_name       = local.database_name
    master_username     = local.master_username
    deletion_protection = !var.disposable
    final_snapshot      = !var.disposable
    log_retention_days  = var.log_retention_days
  })])
}

# Other passwords at every run, of which the instance and the secrets take those of a new version.
ephemeral "aws_secretsmanager_random_password" "login" {
  for_each = toset(concat(["reader", "writer"], var.database_instance == null ? [] : ["master"]))

  password_length     = 40
  exclude_punctuation = true
}

module "secrets" {
  source = "../modules/secrets"

  placement            = local.placement
  recovery_window_days = var.disposable ? 0 : 30
  master_version       = var.master_password_version
  login_version        = var.login_version
  reader_password      = ephemeral.aws_secretsmanager_random_password.login["reader"].random_password
  writer_password      = ephemeral.aws_secretsmanager_random_password.login["writer"].random_password
  database             = { host = module.database.host, port = module.database.port, name = module.database.name }

  master = {
    username = var.database_instance == null ? var.database_master_username : local.master_username
    password = var.database_instance == null ? var.database_master_password : ephemeral.aws_secretsmanager_random_password.login["master"].random_password
  }
}

# Secrets Manager alone may call it, and for these two secrets.
resource "aws_lambda_permission" "rotation" {
  for_each = local.rotated

  statement_id   = "RotateSecretOf${title(each.key)}"
  action         = "lambda:InvokeFunction"
  function_name  = module.function["rotate_secret"].name
  principal      = "secretsmanager.amazonaws.com"
  source_account = local.placement.account_id
  source_arn     = each.value
}

# Not at once: the logins are in the database only after migrate_database has run.
resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = local.rotated

  secret_id           = each.value
  rotation_lambda_arn = module.function["rotate_secret"].arn
  rotate_immediately  = false

  rotation_rules {
    automatically_after_days = var.secret_rotation_days
  }

  depends_on = [aws_lambda_permission.rotation]
}
