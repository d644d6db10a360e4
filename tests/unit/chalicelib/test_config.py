"""Settings from the environment."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.config import CONTROL_PLANE_SETTINGS, SETTINGS, Config, ControlPlaneConfig, Strategy
from chalicelib.errors import ConfigError
from tests.unit.settings import ENVIRONMENT


def test_each_setting_goes_to_its_own_field() -> None:
    """No two settings are mixed up, and what the environment holds besides is not read."""
    config = Config.from_environ(ENVIRONMENT | {"TABLE": "other"})

    assert len(set(ENVIRONMENT.values())) == len(ENVIRONMENT), "else two could be mixed up here"
    assert {name: str(getattr(config, field)) for name, field in SETTINGS.items()} == {
        name: ENVIRONMENT[name] for name in SETTINGS
    }
    assert config.tenant_policy_role_arn is None


def test_no_setting_has_a_default() -> None:
    """A field that had one would read another stage when it is forgotten."""
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(Config))
    assert {field.name for field in dataclasses.fields(Config)} == {*SETTINGS.values(), "tenant_policy_role_arn"}


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


@pytest.mark.parametrize("strategy", ["session_tag", "SESSION_TAGS", "none", " session_tags"])
def test_an_unknown_vending_strategy_is_refused(strategy: str) -> None:
    """Nothing falls back to a strategy that nobody chose."""
    with pytest.raises(ConfigError, match="VENDING_STRATEGY must be one of session_tags, session_policy"):
        Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": strategy})


def test_the_role_for_session_policies_is_read_under_that_strategy_only() -> None:
    """Else one wrong setting would open its sessions without a policy, and reach every tenant."""
    arn = "arn:aws:iam::123456789012:role/TenantPolicyRole"
    tags = Config.from_environ(ENVIRONMENT | {"TENANT_POLICY_ROLE_ARN": arn})
    policy = Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": "session_policy", "TENANT_POLICY_ROLE_ARN": arn})
    assert (tags.strategy, tags.tenant_policy_role_arn) == (Strategy.SESSION_TAGS, None)
    assert (policy.strategy, policy.tenant_policy_role_arn) == (Strategy.SESSION_POLICY, arn)
    with pytest.raises(ConfigError, match="set these environment variables: TENANT_POLICY_ROLE_ARN"):
        Config.from_environ(ENVIRONMENT | {"VENDING_STRATEGY": "session_policy"})


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
    "TENANT_ROLE_ARN": "arn:aws:iam::123456789012:role/TenantRole",
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
