"""Starts a stage on this machine: local AWS, PostgreSQL, Terraform, demo data, API and page."""
