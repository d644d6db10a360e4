terraform {
  required_version = ">= 1.11.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 6.0.0"
    }
  }

  # `make bootstrap` makes the bucket; terraform init -backend-config=bucket=... -backend-config=key=... names it and the
  # stage's own object in it. The lock is an object beside the state, so that two deployments cannot cross.
  backend "s3" {
    use_lockfile = true
    encrypt      = true
  }
}
