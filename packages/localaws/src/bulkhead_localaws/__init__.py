"""A local AWS: moto's server, an operator, and credentials as the Lambda service vends them.

It knows nothing of any application.
"""
