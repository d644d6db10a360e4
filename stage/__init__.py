"""A running stage: the document that describes it, clients for it, and what Terraform says of it."""
