"""Prover and evaluator hold the same policies to mean the same, a million random requests long.

The prover reasons about all requests at once and the evaluator about one; they share the parser of policy texts, and
no more. A disagreement is shown with the smallest policy that still has it. `DIFFERENTIAL_SEED` sets another seed.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bulkhead_iam import Policy, PolicyError, PolicySet, evaluate
from bulkhead_planproof.expectations import read_reasons
from bulkhead_planproof.findings import Claim, Finding, Verdict
from bulkhead_planproof.grammar import grammar
from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.partitions import KeyForm
from bulkhead_planproof.prover import Prover
from bulkhead_planproof.reading import read_plan
from planproof_testing import readings
from planproof_testing.attempts import Attempts
from planproof_testing.dice import Dice
from planproof_testing.random_plans import GRAMMAR, RandomPlan, make_plan
from planproof_testing.random_policies import PolicyMaker
from planproof_testing.random_requests import RequestMaker
from planproof_testing.readings import Exactness, Reading
from planproof_testing.shrinking import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from bulkhead_planproof.statements import Statement
    from planproof_testing.random_policies import Document
    from planproof_testing.random_requests import Asked

SEED = os.environ.get("DIFFERENTIAL_SEED", "20")
_REASONS = read_reasons((Path(__file__).parent / "reasons.json").read_text(encoding="utf-8"))
_ABOUT_SESSIONS = frozenset((Claim.OWN_PARTITION, Claim.GUARD, Claim.NO_OTHER_PATH))
_OPENER = "app-LambdaRole"

evidence = pytest.mark.evidence


class DisagreementError(AssertionError):
    """One of the two is wrong."""


def _wrong(document: Document, asked: Asked) -> str:
    """Return how prover and evaluator disagree about a request, empty if they do not."""
    reading, exactness = Reading(document), Exactness(document)
    allowed = evaluate(asked.request(), PolicySet((Policy.parse(document),))).allowed
    if allowed and not reading.allows(asked):
        return "the evaluator allows what the prover takes for refused"
    if exactness.covers(asked) and reading.allows(asked) and not allowed:
        return "the evaluator refuses what the prover's reading allows, which is exact here"
    return ""


def _disagreement(document: Document, asked: Asked) -> DisagreementError:
    """Return what is wrong, with the smallest policy and the fewest keys that show it."""
    wrong = _wrong(document, asked)

    def request(given: Mapping[str, Any]) -> Asked:
        keys = None if asked.keys is None else tuple(given["keys"])
        return replace(asked, keys=keys, others=tuple(given["others"]))

    def fails(given: Mapping[str, Any]) -> bool:
        try:
            return _wrong(given["document"], request(given)) == wrong
        except (PolicyError, ProofError, KeyError):  # too much was left out
            return False

    given = smallest({"document": document, "keys": list(asked.keys or ()), "others": list(asked.others)}, fails)
    policy = json.dumps(given["document"], ensure_ascii=False)
    return DisagreementError(f"seed {SEED}: {wrong}:\n{policy}\n{request(given)}")


def _compare(count: int) -> Counter[str]:
    """Compare this many different pairs, about 110 of each policy; raises DisagreementError."""
    figures: Counter[str] = Counter()
    while figures["pairs"] < count:
        dice = Dice(f"{SEED}/policy {figures['policies']}")
        document = PolicyMaker(dice).document()
        figures["policies"] += 1
        policies, reading, exactness = PolicySet((Policy.parse(document),)), Reading(document), Exactness(document)
        maker = RequestMaker(document, dice)
        for asked in dict.fromkeys(maker.one() for _ in range(min(120, count - figures["pairs"]))):
            allowed, reckoned = evaluate(asked.request(), policies).allowed, reading.allows(asked)
            exact = exactness.covers(asked)
            if allowed is not reckoned and (allowed or exact):
                raise _disagreement(document, asked)
            figures.update({"pairs": 1, "allowed": allowed, "reckoned": reckoned, "exact": exact})
            figures["exact and allowed"] += exact and allowed
    return figures


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=evidence)])
def test_the_prover_reckons_with_whatever_the_evaluator_allows(
    count: int, record_property: Callable[[str, object], None]
) -> None:
    """Without exception; and where its reading is exact, it reckons with nothing else."""
    figures = _compare(count)
    record_property("figures", f"differential test, readings: seed {SEED}, {_shown(figures)}")
    assert figures["allowed"] >= 0.3 * count
    assert figures["exact"] >= 0.15 * count
    assert figures["exact and allowed"] >= 0.05 * count


def _every_denial(statements: tuple[Statement, ...]) -> tuple[object, ...]:
    return tuple((each.actions, each.resources) for each in statements if not each.allows)


def test_a_reading_that_takes_an_uncertain_deny_for_certain_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The canary: each of the two ways to be wrong is seen, with a policy of few parts."""
    monkeypatch.setattr(readings, "denied", _every_denial)
    with pytest.raises(DisagreementError, match="takes for refused"):
        _compare(20_000)
    monkeypatch.setattr(readings, "denied", lambda _statements: ())
    with pytest.raises(DisagreementError, match="which is exact here") as found:
        _compare(20_000)
    _, policy, *_ = str(found.value).splitlines()
    assert len(json.loads(policy)["Statement"]) == 2


def _findings(plan: RandomPlan) -> list[Finding]:
    """Return what the prover says of the tenant role; nothing of a plan that it refuses."""
    form = KeyForm(grammar(GRAMMAR), plan.delimiter, plan.prefix)
    try:
        found = Prover(read_plan(plan.source), _REASONS, form, "tenant").report().findings
    except ProofError:
        return []
    return [each for each in found if each.claim in _ABOUT_SESSIONS and each.subject != _OPENER]


def _judge(plan: RandomPlan, attempts: Attempts, findings: list[Finding], figures: Counter[str]) -> None:
    """Hold the findings against the evaluator; raises DisagreementError."""
    proved = bool(findings) and all(each.verdict is Verdict.PROVED for each in findings)
    figures.update({"plans": 1, "plans proved": proved, "plans refused": not findings})
    for asked in attempts.some(500):
        allowed, crosses = evaluate(asked.request(), plan.attached).allowed, attempts.crosses(asked)
        figures.update({"pairs": 1, "allowed": allowed, "crossing": allowed and crosses})
        figures["own, of proved plans"] += proved and allowed and not crosses
        if proved and allowed and crosses:
            raise DisagreementError(f"seed {SEED}: proved, and allowed: {asked}\n{plan}")
    for each in findings:
        if each.verdict is Verdict.REFUTED:
            figures["refutations"] += 1
            confirmed = attempts.confirmed(each)
            if confirmed is None or not attempts.crosses(confirmed):
                raise DisagreementError(f"seed {SEED}: refuted, and not allowed: {each.counterexample}\n{plan}")


def _judge_plans(count: int, findings_of: Callable[[RandomPlan], list[Finding]]) -> Counter[str]:
    figures: Counter[str] = Counter()
    for number in range(count):
        dice = Dice(f"{SEED}/plan {number}")
        plan = make_plan(dice)
        _judge(plan, Attempts(plan, dice), findings_of(plan), figures)
    return figures


@pytest.mark.parametrize("count", [25, pytest.param(1_000, marks=evidence)])
def test_what_is_proved_is_refused_and_what_is_refuted_is_allowed(
    count: int, record_property: Callable[[str, object], None]
) -> None:
    """Of random plans: to sessions that the trust policy opens, of other tenants' keys, nobody's keys, and all."""
    figures = _judge_plans(count, _findings)
    record_property("figures", f"differential test, verdicts: seed {SEED}, {_shown(figures)}")
    assert figures["plans proved"] >= 0.15 * count
    assert figures["refutations"] >= 0.15 * count
    assert figures["own, of proved plans"] >= count
    assert figures["plans refused"] <= 0.1 * count


def test_a_prover_that_proves_everything_is_noticed() -> None:
    """The canary: of some plan, some session is allowed what is not its own."""
    everything = [Finding(claim, "the role", Verdict.PROVED) for claim in _ABOUT_SESSIONS]
    with pytest.raises(DisagreementError, match="proved, and allowed"):
        _judge_plans(25, lambda _plan: everything)


def _shown(figures: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in figures.items())
