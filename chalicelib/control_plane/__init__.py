"""What touches all tenants: Lambda functions without a route, each with an execution role of its own."""
