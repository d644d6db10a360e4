"""S3: which operation a request is, and what it must be allowed."""
