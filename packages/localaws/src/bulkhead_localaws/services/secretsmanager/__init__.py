"""Secrets Manager: what its calls must be allowed."""
