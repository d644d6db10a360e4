"""Functions of the account, run as the Lambda service would: each in a process of its own."""
