"""The gate in front of an emulator: authenticates (SigV4), authorizes (IAM) and records every request."""
