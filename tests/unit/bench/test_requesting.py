"""Both sides of the isolation tax: what each calls, and with whose credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bench import warm_request
from bench.harness import NothingToMeasureError
from bench.requesting import CannedAws, app_process, canned_aws
from tests.unit.settings import ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def aws() -> Iterator[CannedAws]:
    """Return an AWS in which a row is planted that the measured request reads."""
    try:
        warm_request.measured_entity()
    except NothingToMeasureError as nothing:
        pytest.skip(str(nothing))
    with canned_aws() as canned:
        yield canned


@pytest.mark.parametrize(("isolated", "vended"), [(True, {"AssumeRoleWithWebIdentity": 2}), (False, {})])
def test_only_the_isolated_app_asks_sts_for_each_tenant(
    aws: CannedAws,
    isolated: bool,  # noqa: FBT001
    vended: dict[str, int],
) -> None:
    """A baseline that is isolated as well would make isolation look free; what planted the row is not counted."""
    with app_process(aws, isolated=isolated) as process:
        spent = process.request(["acme", "globex", "acme"])

        assert aws.counts() == vended | {"GetItem": 3}
    assert len(spent.wall) == len(spent.cpu) == 3
    assert all(milliseconds > 0 for milliseconds in (*spent.wall, *spent.cpu))


def test_without_isolation_a_request_without_a_tenant_is_served(aws: CannedAws) -> None:
    """What the app with isolation refuses; so nothing of it is left in the baseline."""
    with app_process(aws, isolated=False, metered=False) as process:
        assert len(process.request(["acme"]).wall) == 1
    with app_process(aws, metered=False) as process, pytest.raises(RuntimeError):
        process.request(["acme"])


def test_tenants_that_are_not_kept_are_vended_again(aws: CannedAws) -> None:
    """What bench/tenants.py counts, and the model foretells."""
    with app_process(aws, CACHED_TENANTS="2") as process:
        process.request(["acme", "globex", "acme", "initech", "globex", "acme"])

        assert ENVIRONMENT["CACHED_TENANTS"] != "2"
        assert aws.sessions() == 5


@pytest.mark.parametrize(("per", "opened"), [("tenant", 1), ("user", 2)])
def test_a_session_is_shared_by_a_tenants_users_unless_each_is_to_have_one(
    aws: CannedAws, per: str, opened: int
) -> None:
    """What `users` stands for in the model of bench/sts_model.py."""
    aws.issuer.names_users = per == "user"
    tokens = [aws.issuer.issue("acme", user_id) for user_id in ("1", "2", "1")]
    with app_process(aws, SESSION_PER=per) as process:
        process.request(["acme"] * 3, tokens)

        assert aws.sessions() == opened


def test_a_new_token_of_a_tenant_that_is_kept_is_verified_without_sts(aws: CannedAws) -> None:
    """Its signature is, with keys that are read from their copy once."""
    with app_process(aws) as process:
        process.request(["acme"] * 3, [aws.issuer.issue("acme") for _ in range(3)])

        assert aws.counts() == {"AssumeRoleWithWebIdentity": 1, "GetItem": 3 + 1}


@pytest.mark.parametrize("strategy", ["session_tags", "session_policy"])
def test_the_other_strategies_can_be_measured(aws: CannedAws, strategy: str) -> None:
    """They verify each token by its signature, and assume the role."""
    with app_process(aws, VENDING_STRATEGY=strategy) as process:
        process.request(["acme", "globex", "acme"])

        assert aws.counts() == {"AssumeRole": 2, "GetItem": 3 + 1}


def test_an_answer_that_is_no_success_ends_the_measuring(aws: CannedAws) -> None:
    """A benchmark of errors would be fast."""
    with (
        app_process(aws, AWS_ENDPOINT_URL="http://127.0.0.1:1") as process,
        pytest.raises(RuntimeError, match="ended"),
    ):
        process.request(["acme"])


def test_without_an_entity_that_has_the_request_there_is_nothing_to_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is started for it."""
    monkeypatch.setattr(warm_request, "ENTITIES", ())

    with pytest.raises(NothingToMeasureError, match="no entity of the pooled table has a GET /NAME"), canned_aws():
        pass
