"""Cognito user pools: what their calls must be allowed."""
