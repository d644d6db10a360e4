"""Bulkhead's backend: everything that ships in the Lambda functions."""

#: Of the application, and of nothing else: each distribution under packages/ has its own, in its pyproject.toml.
__version__ = "0.1.0"
