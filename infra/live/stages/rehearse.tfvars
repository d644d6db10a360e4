# A rehearsal on one machine: the same deployment, on an emulator of AWS (`make rehearse`). What is switched off here is
# what the emulator lacks or what would only take time; docs/deploy.md says more.
stage      = "rehearse"
region     = "eu-central-1"
account_id = "123456789012" # the emulator's: credentials of a real account are refused
disposable = true

# Named by `make rehearse`, which starts them: aws_endpoint_url, database_server and its master's login.
database_max_connections = 200
api_concurrency          = 10

cors_origin          = "http://127.0.0.1:8080" # no CloudFront: the page is served from this machine
secret_rotation_days = null                    # the emulator lacks CancelRotateSecret: such a stage could not be destroyed

authorizer_cache_seconds = 10 # else offboarding waits for a minute more

vending_strategy = "session_tags" # its AssumeRoleWithWebIdentity takes no tags from a token

enforces_leading_keys = false # it does not know them: a check of isolation is skipped, and never passed
require_tls           = false # it has no TLS
exports               = { expire = false }
