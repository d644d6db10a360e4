# A stage for tenants: two zones, protected against deletion.
stage  = "prod"
region = "eu-central-1"
# account_id = "..." # credentials of any other account are then refused

network = {
  cidr  = "10.30.0.0/16"
  zones = ["eu-central-1a", "eu-central-1b"]
}

database_instance = {
  class          = "db.m7g.large"
  storage_gb     = 50
  max_storage_gb = 500
}
database_max_connections = 650 # 8 GB
api_concurrency          = 100

throttling         = { rate = 500, burst = 1000 }
log_retention_days = 365
web                = {}
alarms             = {} # alarms = { email = "..." } sends them to somebody
