"""From a tenant to its scoped credentials, and to clients that hold them."""
