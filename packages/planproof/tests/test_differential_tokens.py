"""Whose tokens open a session, by prover and evaluator: on random trust policies they agree."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from bulkhead_planproof.findings import Claim, Verdict
from planproof_testing.dice import Dice
from planproof_testing.plans import after
from planproof_testing.random_trusts import opened, statements
from planproof_testing.web_identities import CLIENT, ENDPOINT, PROVIDER, outcome, web_identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from bulkhead_iam import ContextValue
    from planproof_testing.random_trusts import Conditions

SEED = os.environ.get("DIFFERENTIAL_SEED", "20")
_TAGS: Conditions = {
    "StringLike": {"aws:RequestTag/tenant": "?*"},
    "ForAllValues:StringEquals": {"aws:TagKeys": ["tenant"]},
}
_TAGGED: dict[str, ContextValue] = {"aws:RequestTag/tenant": "acme", "aws:TagKeys": ("tenant",)}


def _verdicts(trust: dict[str, Any]) -> dict[Claim, set[Verdict]]:
    plan = web_identity()
    after(plan, "aws_iam_role.tenant")["assume_role_policy"] = json.dumps(trust)
    found: dict[Claim, set[Verdict]] = {}
    for each in outcome(plan).report.findings:
        if each.subject == "app-TenantRole":
            found.setdefault(each.claim, set()).add(each.verdict)
    return found


@pytest.mark.parametrize("count", [60, pytest.param(1_000, marks=pytest.mark.evidence)])
def test_proved_is_what_only_our_tokens_open_from_our_network(
    count: int, record_property: Callable[[str, object], None]
) -> None:
    """What the prover calls proved, no other token opens; what it refutes, one opens from elsewhere."""
    figures: Counter[str] = Counter()
    for number in range(count):
        trust: dict[str, Any] = {
            "Version": "2012-10-17",
            "Statement": statements(Dice(f"{SEED}/trust {number}"), _TAGS),
        }
        found, opening = _verdicts(trust), list(opened(trust, _TAGGED))
        whose = found[Claim.SESSIONS] == {Verdict.PROVED}
        inside = found.get(Claim.FROM_INSIDE, set())
        strange = [each for each in opening if each[:2] != (PROVIDER, CLIENT)]
        outside = [each for each in opening if each[2] != ENDPOINT]
        assert not (whose and strange), f"seed {SEED}: proved, and opened by {strange}: {json.dumps(trust)}"
        assert not (inside == {Verdict.PROVED} and outside), (
            f"seed {SEED}: proved, and from {outside}: {json.dumps(trust)}"
        )
        assert Verdict.REFUTED not in inside or outside, f"seed {SEED}: refuted, and not opened: {json.dumps(trust)}"
        kinds = {
            "trusts": 1,
            "whose proved": whose,
            "inside proved": inside == {Verdict.PROVED},
            "strange": bool(strange),
        }
        figures.update({**kinds, "outside refuted": Verdict.REFUTED in inside, "ours open": bool(opening)})
    record_property("figures", f"differential test, tokens: seed {SEED}, {dict(figures)}")
    assert figures["whose proved"] >= 0.2 * count
    assert figures["inside proved"] >= 0.2 * count
    assert figures["outside refuted"] >= 0.1 * count
    assert figures["strange"] >= 0.1 * count
