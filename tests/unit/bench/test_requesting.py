"""Both sides of the isolation tax: what each calls, and with whose credentials."""

from __future__ import annotations

import pytest

from bench.requesting import app_process, canned_aws
from tests.unit.settings import ENVIRONMENT


@pytest.mark.parametrize(("isolated", "vended"), [(True, {"AssumeRole": 2}), (False, {})])
def test_only_the_isolated_app_asks_sts_for_each_tenant(isolated: bool, vended: dict[str, int]) -> None:  # noqa: FBT001
    """A baseline that is isolated as well would make isolation look free."""
    with canned_aws() as aws, app_process(aws.environment(), isolated=isolated) as process:
        spent = process.request(["acme", "globex", "acme"])

        assert aws.counts() == vended | {"GetItem": 3}
    assert len(spent.wall) == len(spent.cpu) == 3
    assert all(milliseconds > 0 for milliseconds in (*spent.wall, *spent.cpu))


def test_without_isolation_a_request_without_a_tenant_is_served() -> None:
    """What the app with isolation refuses; so nothing of it is left in the baseline."""
    with canned_aws() as aws:
        with app_process(aws.environment(), isolated=False, metered=False) as process:
            assert len(process.request(["acme"]).wall) == 1
        with app_process(aws.environment(), metered=False) as process, pytest.raises(RuntimeError):
            process.request(["acme"])


def test_tenants_that_are_not_kept_are_vended_again() -> None:
    """What bench/tenants.py counts, and the model foretells."""
    with canned_aws() as aws, app_process(aws.environment(CACHED_TENANTS="2")) as process:
        process.request(["acme", "globex", "acme", "initech", "globex", "acme"])

        assert ENVIRONMENT["CACHED_TENANTS"] != "2"
        assert aws.counts()["AssumeRole"] == 5


def test_an_answer_that_is_no_success_ends_the_measuring() -> None:
    """A benchmark of errors would be fast."""
    with (
        canned_aws() as aws,
        app_process(aws.environment(AWS_ENDPOINT_URL="http://127.0.0.1:1")) as process,
        pytest.raises(RuntimeError, match="ended"),
    ):
        process.request(["acme"])
