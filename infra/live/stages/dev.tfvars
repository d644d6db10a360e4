# A small stage, whose data may be thrown away.
stage      = "dev"
region     = "eu-central-1"
disposable = true
# account_id = "..." # credentials of any other account are then refused

network = {
  cidr  = "10.20.0.0/20"
  zones = ["eu-central-1a", "eu-central-1b"]
}

database_instance = {
  class                 = "db.t4g.micro"
  multi_az              = false
  backup_retention_days = 1
}
database_max_connections = 80 # 1 GB
api_concurrency          = 10

throttling         = { rate = 20, burst = 40 }
log_retention_days = 14
exports            = { retention_days = 30 }
web                = {}
alarms             = {}
