"""What the app is told when an AWS with canned answers stands for the real one."""

from __future__ import annotations

_ACCOUNT = "eu-central-1:123456789012"
_POOL = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Pool"
_SECRET = f"arn:aws:secretsmanager:{_ACCOUNT}:secret"

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "VENDING_STRATEGY": "web_identity",
    "SESSION_PER": "tenant",
    "TABLE_ARN": f"arn:aws:dynamodb:{_ACCOUNT}:table/bench",
    "TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantRole",
    "SIGNING_KEYS_TABLE_NAME": "bench-signing-keys",
    "REGISTRY_TABLE_NAME": "bench-tenants",
    "TOKEN_ISSUER": _POOL,
    "TOKEN_AUDIENCE": "app-client",
    "JWKS_URL": f"{_POOL}/.well-known/jwks.json",
    "CORS_ORIGIN": "https://app.example.com",
    "READER_SECRET_ARN": f"{_SECRET}:reader-AbCdEf",
    "WRITER_SECRET_ARN": f"{_SECRET}:writer-AbCdEf",
    "DATABASE_SSLMODE": "verify-full",
    "DATABASE_CONNECTIONS": "2",
    "CACHED_TENANTS": "64",
    "AUTHORIZER_CACHE_SECONDS": "60",
}
