"""IAM: what its calls must be allowed."""
