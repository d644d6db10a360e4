"""The cart: lines in one partition of a tenant."""
