"""The application's settings as the unit tests give them: every value is another, so that none can be mixed up."""

from __future__ import annotations

from tests.unit.user_pool import AUDIENCE, ISSUER

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "TABLE_ARN": "arn:aws:dynamodb:eu-central-1:123456789012:table/example",
    "VENDING_STRATEGY": "web_identity",
    "SESSION_PER": "tenant",
    "TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantRole",
    "SIGNING_KEYS_TABLE_NAME": "example-signing-keys",
    "CACHED_TENANTS": "64",
    "TOKEN_ISSUER": ISSUER,
    "TOKEN_AUDIENCE": AUDIENCE,
    "JWKS_URL": "https://issuer.example.com/jwks.json",
    "CORS_ORIGIN": "https://app.example.com",
    "READER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
    "WRITER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
    "DATABASE_SSLMODE": "verify-full",
    "DATABASE_CONNECTIONS": "2",
    "REGISTRY_TABLE_NAME": "example-tenants",
    "AUTHORIZER_CACHE_SECONDS": "60",
}
