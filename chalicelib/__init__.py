"""The backend: everything that ships in the Lambda functions."""

#: What the product is called: all that is deployed is named after it, on AWS by Terraform, whose default in
#: infra/modules/product/variables.tf must be the same, which a test compares. `stage/product.py` says what it may be.
PRODUCT = "bulkhead"
#: What people read.
PRODUCT_TITLE = " ".join(word.capitalize() for word in PRODUCT.split("-"))

#: Of the application, and of nothing else: each distribution under packages/ has its own, in its pyproject.toml.
__version__ = "0.1.0"
