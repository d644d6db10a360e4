"""Settings from the environment."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.config import (
    CONTROL_PLANE_SETTINGS,
    SETTINGS,
    SIGNING_KEYS_SETTINGS,
    Config,
    ControlPlaneConfig,
    SessionPer,
    SigningKeysConfig,
    Strategy,
)
from chalicelib.errors import ConfigError
from tests.unit.settings import ENVIRONMENT


def test_each_setting_goes_to_its_own_field() -> None:
    """No two settings are mixed up, and what the environment holds besides is not read."""
    config = Config.from_environ(ENVIRONMENT | {"TABLE": "other"})

    assert len(set(ENVIRONMENT.values())) == len(ENVIRONMENT), "else two could be mixed up here"
    assert {name: str(getattr(config, field)) for name, field in SETTINGS.items()} == {
        name: ENVIRONMENT[name] for name in SETTINGS
    }


def test_no_setting_has_a_default() -> None:
    """A field that had one would read another stage when it is forgotten."""
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(Config))
    assert {field.name for field in dataclasses.fields(Config)} == set(SETTINGS.values())


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


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "Disable", "disable\n", " "])
def test_a_database_connection_is_verified_in_full_or_local(mode: str) -> None:
    """Every mode in between encrypts without knowing to whom, or not at all."""
    with pytest.raises(ConfigError, match="DATABASE_SSLMODE must be one of verify-full, disable"):
        Config.from_environ(ENVIRONMENT | {"DATABASE_SSLMODE": mode})


@pytest.mark.parametrize("number", ["0", "101", "-1", "1.5", "two", " 2", "1_0"])
def test_a_number_of_connections_that_is_none_is_refused(number: str) -> None:
    """A whole number from 1 to 100."""
    with pytest.raises(ConfigError, match="DATABASE_CONNECTIONS must be a number from 1 to 100"):
        Config.from_environ(ENVIRONMENT | {"DATABASE_CONNECTIONS": number})


def test_the_table_has_the_name_that_its_arn_gives() -> None:
    """One setting, so that the two cannot contradict each other."""
    assert Config.from_environ(ENVIRONMENT).table_name == "example"


@pytest.mark.parametrize(
    "arn",
    [
        "example",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/*",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/example/index/by-name",
        "arn:aws:dynamodb:*:123456789012:table/example",
        "arn:aws:dynamodb:eu-central-1:123456789012:table/example\n",
        "arn:aws:s3:::example",
    ],
)
def test_what_is_no_table_is_refused(arn: str) -> None:
    """A session policy names it: a wildcard or an index would widen every tenant's session."""
    with pytest.raises(ConfigError, match="TABLE_ARN must be the ARN of one DynamoDB table"):
        Config.from_environ(ENVIRONMENT | {"TABLE_ARN": arn})


@pytest.mark.parametrize("strategy", ["session_tag", "SESSION_TAGS", "none", " session_tags", "web-identity"])
def test_an_unknown_vending_strategy_is_refused(strategy: str) -> None:
    """Nothing falls back to a strategy that nobody chose."""
    with pytest.raises(ConfigError, match="VENDING_STRATEGY must be one of web_identity, session_tags, session_policy"):
        Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": strategy})


@pytest.mark.parametrize("strategy", list(Strategy))
@pytest.mark.parametrize("session_per", list(SessionPer))
def test_each_strategy_and_each_sharing_of_sessions_is_read(strategy: Strategy, session_per: SessionPer) -> None:
    """The twin of the refusals beside it; whichever it is, one role's sessions are opened and no other's.

    Only a token can name its user to STS: with another strategy a session of each user would be a promise not kept.
    """
    if session_per is SessionPer.USER and strategy is not Strategy.WEB_IDENTITY:
        with pytest.raises(ConfigError, match="SESSION_PER=user needs VENDING_STRATEGY=web_identity"):
            Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": strategy, "SESSION_PER": session_per})
        return
    config = Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": strategy, "SESSION_PER": session_per})
    assert (config.strategy, config.session_per) == (strategy, session_per)
    assert [name for name in SETTINGS if name.endswith("ROLE_ARN")] == ["TENANT_ROLE_ARN"]


@pytest.mark.parametrize("session_per", ["users", "User", "role", " tenant"])
def test_an_unknown_sharing_of_sessions_is_refused(session_per: str) -> None:
    """A session that several users share must not be taken for one user's, nor the other way round."""
    with pytest.raises(ConfigError, match="SESSION_PER must be one of tenant, user"):
        Config.from_environ(ENVIRONMENT | {"SESSION_PER": session_per})


@pytest.mark.parametrize(
    ("name", "maximum"),
    [("CACHED_TENANTS", 100_000), ("DATABASE_CONNECTIONS", 100), ("AUTHORIZER_CACHE_SECONDS", 3600)],
)
def test_a_number_out_of_range_is_refused_with_its_range(name: str, maximum: int) -> None:
    """Zero would keep nothing, and a sign or a thousands' separator is a mistake."""
    for wrong in ("0", "-1", "+1", "1.5", "1e2", "1_0", "\u0661", str(maximum + 1), "9" * 5000):
        with pytest.raises(ConfigError, match=f"{name} must be a number from 1 to {maximum}"):
            Config.from_environ(ENVIRONMENT | {name: wrong})
    for right in ("1", str(maximum)):
        assert getattr(Config.from_environ(ENVIRONMENT | {name: right}), SETTINGS[name]) == int(right)


#: The settings of the functions about tenants, every value another.
OF_TENANTS = {
    "AWS_REGION": "eu-central-1",
    "REGISTRY_TABLE_NAME": "example-tenants",
    "USER_POOL_ID": "eu-central-1_Pool",
    "TABLE_NAME": "example",
    "TENANT_MAINTENANCE_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantMaintenanceRole",
    "READER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:reader-AbCdEf",
    "WRITER_SECRET_ARN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:writer-AbCdEf",
    "DATABASE_SSLMODE": "verify-full",
    "EXPORT_BUCKET": "example-exports",
    "ERASE_AFTER_SECONDS": "90",
    "EXPORT_RETENTION_DAYS": "30",
    "BACKUP_RETENTION_DAYS": "7",
    "LOG_RETENTION_DAYS": "14",
}


def test_each_setting_of_the_functions_about_tenants_goes_to_its_own_field() -> None:
    """And none has a default."""
    config = ControlPlaneConfig.from_environ(OF_TENANTS | {"TABLE": "other"})
    assert len(set(OF_TENANTS.values())) == len(OF_TENANTS), "else two could be mixed up here"
    assert {name: str(getattr(config, field)) for name, field in CONTROL_PLANE_SETTINGS.items()} == OF_TENANTS
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(ControlPlaneConfig))


@pytest.mark.parametrize("name", CONTROL_PLANE_SETTINGS)
def test_a_missing_setting_of_the_functions_about_tenants_is_refused_by_name(name: str) -> None:
    """Unset or empty."""
    for environment in ({key: kept for key, kept in OF_TENANTS.items() if key != name}, OF_TENANTS | {name: ""}):
        with pytest.raises(ConfigError) as refused:
            ControlPlaneConfig.from_environ(environment)
        assert str(refused.value) == f"set these environment variables: {name}"


@pytest.mark.parametrize("name", [name for name in OF_TENANTS if name.endswith(("_SECONDS", "_DAYS"))])
@pytest.mark.parametrize("wrong", ["-1", "+1", "1.5", "1_0", "\u0661", "x", "9" * 5000])
def test_a_time_that_is_none_is_refused(name: str, wrong: str) -> None:
    """An erasure must not begin early, nor a receipt promise a wrong date, because of a typing error."""
    with pytest.raises(ConfigError, match=f"{name} must be a number from"):
        ControlPlaneConfig.from_environ(OF_TENANTS | {name: wrong})


#: The settings of the function that keeps the copy of the signing keys, every value another.
OF_SIGNING_KEYS = {
    "AWS_REGION": "eu-central-1",
    "SIGNING_KEYS_TABLE_NAME": "example-signing-keys",
    "TOKEN_ISSUER": "https://issuer.example.com",
    "JWKS_URL": "https://issuer.example.com/jwks.json",
}


def test_each_setting_of_the_function_for_signing_keys_goes_to_its_own_field() -> None:
    """And none has a default, nor does it need any other setting."""
    config = SigningKeysConfig.from_environ(OF_SIGNING_KEYS)
    assert {name: getattr(config, field) for name, field in SIGNING_KEYS_SETTINGS.items()} == OF_SIGNING_KEYS
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(SigningKeysConfig))


@pytest.mark.parametrize("name", SIGNING_KEYS_SETTINGS)
def test_a_missing_setting_of_the_function_for_signing_keys_is_refused_by_name(name: str) -> None:
    """Unset or empty."""
    for environment in (
        {key: kept for key, kept in OF_SIGNING_KEYS.items() if key != name},
        OF_SIGNING_KEYS | {name: ""},
    ):
        with pytest.raises(ConfigError) as refused:
            SigningKeysConfig.from_environ(environment)
        assert str(refused.value) == f"set these environment variables: {name}"
