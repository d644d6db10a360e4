"""Settings from the environment."""

from __future__ import annotations

import dataclasses

import pytest

from chalicelib.config import SETTINGS, Config
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
