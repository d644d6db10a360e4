"""Bulkhead's backend: everything that ships in the Lambda functions."""
