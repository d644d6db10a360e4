"""Settings from the environment."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.config import SETTINGS, Config
from chalicelib.errors import ConfigError

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "TABLE_NAME": "bulkhead",
    "TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantRole",
    "TOKEN_ISSUER": "https://issuer.example.com/pool",
    "TOKEN_AUDIENCE": "client",
    "JWKS_URL": "https://issuer.example.com/pool/.well-known/jwks.json",
    "CORS_ORIGIN": "https://app.example.com",
}


def test_each_setting_goes_to_its_own_field() -> None:
    """No two settings are mixed up, and what the environment holds besides is not read."""
    assert Config.from_environ(ENVIRONMENT | {"TABLE": "other"}) == Config(
        region="eu-central-1",
        table_name="bulkhead",
        tenant_role_arn="arn:aws:iam::123456789012:role/TenantRole",
        token_issuer="https://issuer.example.com/pool",
        token_audience="client",
        jwks_url="https://issuer.example.com/pool/.well-known/jwks.json",
        cors_origin="https://app.example.com",
        refuse_by_policy=False,
    )


def test_every_field_but_the_local_one_is_a_required_setting() -> None:
    """A field that were added with a default would read another stage when it is forgotten."""
    required = {field.name for field in dataclasses.fields(Config) if field.default is dataclasses.MISSING}
    assert required == set(SETTINGS.values())
    assert {field.name for field in dataclasses.fields(Config)} - required == {"refuse_by_policy"}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("value", [None, ""], ids=["unset", "empty"])
def test_a_missing_setting_is_refused_by_name(name: str, value: str | None) -> None:
    """An empty setting is a missing one."""
    environment = {key: kept for key, kept in ENVIRONMENT.items() if key != name}
    if value is not None:
        environment[name] = value
    with pytest.raises(ConfigError) as refused:
        Config.from_environ(environment)
    assert str(refused.value) == f"set these environment variables: {name}"


def test_all_missing_settings_are_named_at_once() -> None:
    """Nobody should have to try seven times."""
    with pytest.raises(ConfigError) as refused:
        Config.from_environ({})
    assert all(name in str(refused.value) for name in SETTINGS)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*.example.com",
        "https://app.example.com/",
        "https://app.example.com/page",
        "https://app.example.com\n",
        "https://app.example.com,https://evil.example.com",
        "https://app.example.com https://evil.example.com",
        "https://user@app.example.com",
        "https://app.example.com:123456",
        "https://app.example.com:\uff18\uff10",
        "https://",
        "ftp://app.example.com",
        "app.example.com",
        "null",
    ],
)
def test_a_cors_origin_that_is_no_single_origin_is_refused(origin: str) -> None:
    """A wildcard or a list would open the API to pages that nobody chose."""
    with pytest.raises(ConfigError, match="CORS_ORIGIN must be one origin"):
        Config.from_environ(ENVIRONMENT | {"CORS_ORIGIN": origin})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost", "https://app.example.com:8443"])
def test_one_origin_is_accepted(origin: str) -> None:
    """The twin of the refusals above."""
    assert Config.from_environ(ENVIRONMENT | {"CORS_ORIGIN": origin}).cors_origin == origin


@pytest.mark.parametrize(("value", "expected"), [("policy", True), ("", False), ("Policy", False), ("error", False)])
def test_the_authorizer_refuses_by_policy_only_when_told_so_exactly(value: str, *, expected: bool) -> None:
    """Everything but plain `chalice local` refuses with an error, which becomes a 401."""
    assert Config.from_environ(ENVIRONMENT | {"AUTHORIZER_REFUSES_BY": value}).refuse_by_policy is expected
