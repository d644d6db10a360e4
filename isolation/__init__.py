"""The evidence: what shows that tenants are isolated; it runs against any stage."""
