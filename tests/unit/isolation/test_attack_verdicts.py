"""The verdict on a cell."""

from __future__ import annotations

from typing import Any

import pytest

from isolation.attack.controls import Control, found
from isolation.attack.outcomes import Kind, Outcome
from isolation.attack.verdicts import Verdict, changed, judge, unseen
from tests.unit.isolation.attack_examples import ALLOWED, REFUSED, SECRET, cell

EXPECTED = found(Control.LEADING_KEYS_BY_TAG)
OTHER = found(Control.ROLE_TAG)
CONTAINED = Outcome(Kind.CONTAINED)
FAILED = Outcome(Kind.FAILED, "EndpointConnectionError", "no connection")
LEAK = Outcome(Kind.REFUSED, content=f"an error that holds {SECRET}")
LIMIT = {"known_limit": "so it is"}


@pytest.mark.parametrize(
    ("about", "outcome", "finding", "twin", "verdict"),
    [
        pytest.param({}, REFUSED, EXPECTED, ALLOWED, Verdict.REFUSED, id="refused as it must be"),
        pytest.param({}, CONTAINED, EXPECTED, ALLOWED, Verdict.REFUSED, id="answered from one's own"),
        pytest.param({}, REFUSED, OTHER, ALLOWED, Verdict.WRONG_CONTROL, id="another control"),
        pytest.param({}, ALLOWED, EXPECTED, ALLOWED, Verdict.LEAKED, id="allowed"),
        pytest.param({}, LEAK, EXPECTED, ALLOWED, Verdict.LEAKED, id="refused, but the answer shows it"),
        pytest.param({}, LEAK, EXPECTED, REFUSED, Verdict.LEAKED, id="a leak counts without a twin"),
        pytest.param({}, REFUSED, EXPECTED, REFUSED, Verdict.BROKEN, id="the twin is refused too"),
        pytest.param({}, REFUSED, EXPECTED, CONTAINED, Verdict.BROKEN, id="the twin sees nothing"),
        pytest.param({}, REFUSED, EXPECTED, FAILED, Verdict.BROKEN, id="the twin fails"),
        pytest.param({}, ALLOWED, EXPECTED, FAILED, Verdict.BROKEN, id="allowed, but nothing works"),
        pytest.param({}, FAILED, EXPECTED, ALLOWED, Verdict.BROKEN, id="no connection is no refusal"),
        pytest.param(LIMIT, ALLOWED, EXPECTED, ALLOWED, Verdict.KNOWN_LIMIT, id="a known limit"),
        pytest.param(
            LIMIT, Outcome(Kind.ALLOWED, content=SECRET), EXPECTED, ALLOWED, Verdict.KNOWN_LIMIT, id="it shows data"
        ),
        pytest.param(LIMIT, REFUSED, EXPECTED, ALLOWED, Verdict.LIMIT_GONE, id="a limit that is none any more"),
        pytest.param(LIMIT, ALLOWED, EXPECTED, FAILED, Verdict.BROKEN, id="a limit of what is broken"),
    ],
)
def test_the_verdict_is(about: dict[str, Any], outcome: Outcome, finding: Any, twin: Outcome, verdict: Verdict) -> None:
    """Green only for the expected control beside an allowed twin, and for a known limit that holds."""
    judged = judge(cell(**about), outcome, finding, twin, [SECRET])

    assert judged.verdict is verdict
    assert judged.verdict.is_good == (verdict in {Verdict.REFUSED, Verdict.KNOWN_LIMIT})


def test_a_verdict_that_is_not_good_says_why() -> None:
    """What was expected, what refused instead, and which twin was not allowed."""
    wrong = judge(cell(), REFUSED, OTHER, ALLOWED, [])
    broken = judge(cell(), REFUSED, EXPECTED, FAILED, [])

    assert wrong.reason == f"expected {Control.LEADING_KEYS_BY_TAG}"
    assert wrong.control == Control.ROLE_TAG
    assert broken.reason == "the allowed twin, the own item, was failed: EndpointConnectionError no connection"


def test_data_that_changed_is_a_leak_and_data_that_nobody_saw_no_evidence() -> None:
    """A refusal does not stand against what can be seen; nor where nobody looked."""
    refused = judge(cell(), REFUSED, EXPECTED, ALLOWED, [])
    leaked = judge(cell(), ALLOWED, EXPECTED, ALLOWED, [])

    assert changed(refused, "globex").verdict is Verdict.LEAKED
    assert unseen(refused, "no connection").verdict is Verdict.BROKEN
    assert unseen(leaked, "no connection").verdict is Verdict.LEAKED
