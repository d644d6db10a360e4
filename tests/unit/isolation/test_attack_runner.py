"""How cells are run: twins once, whatever breaks is a verdict, and the victims' data is looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from isolation.attack.cells import Twin
from isolation.attack.controls import Control
from isolation.attack.outcomes import Kind, Outcome, Service
from isolation.attack.runner import CHUNK, HTTP_CHUNK, Runner, run
from isolation.attack.verdicts import Verdict
from tests.unit.isolation.attack_examples import ALLOWED, REFUSED, SECRET, answering, cell, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from isolation.attack.world import World


class FakeWorld:
    """A stage that refuses by the decisions it is given, and keeps what happened to it."""

    def __init__(self, decisions: list[dict[str, Any]] | None) -> None:
        self.local = object() if decisions is not None else None
        self.stage = SimpleNamespace(table_name="pooled")
        self.secrets = {"globex": SECRET}
        self.changes: list[str] = []
        self.log: list[str] = []
        self._decisions = decisions

    def decisions(self) -> list[dict[str, Any]] | None:
        """Return the decisions, or None for a stage on AWS."""
        self.log.append("decisions")
        return self._decisions

    def plant(self, services: Collection[Service]) -> None:
        """Note it."""
        self.log.append(f"plant {' '.join(sorted(services))}")

    def altered(self) -> list[str]:
        """Return whose data changed since the last look."""
        changes, self.changes = self.changes, []
        return changes

    def cleaner(self) -> Any:
        """Return a client that notes what it deletes."""
        return SimpleNamespace(delete_item=lambda **_: self.log.append("swept"))

    def clear(self) -> None:
        """Note it."""
        self.log.append("clear")

    def close(self) -> None:
        """Note it."""
        self.log.append("close")


def _verdicts(world: FakeWorld, *cells: Any) -> list[Verdict]:
    return [each.verdict for each in Runner(cast("World", world)).run(cells)]


def test_the_control_is_read_from_the_decision_of_that_request() -> None:
    """Another request's decision is none about this one."""
    assert _verdicts(FakeWorld([refusal()]), cell()) == [Verdict.REFUSED]
    assert _verdicts(FakeWorld([refusal(request_id="other")]), cell()) == [Verdict.WRONG_CONTROL]
    assert _verdicts(FakeWorld([refusal(unmet=[])]), cell()) == [Verdict.WRONG_CONTROL]


def test_without_a_record_the_message_tells() -> None:
    """As on AWS."""
    sentence = "User: A is not authorized to perform: dynamodb:GetItem on resource: R because no {} policy allows it"
    identity, session = (
        cell(act=answering(Outcome(Kind.REFUSED, "AccessDeniedException", sentence.format(kind))))
        for kind in ("identity-based", "session")
    )

    assert _verdicts(FakeWorld(None), identity, session) == [Verdict.REFUSED, Verdict.WRONG_CONTROL]


def test_an_outcome_that_names_its_control_needs_no_decision() -> None:
    """PostgreSQL and the API say it themselves."""
    outcome = Outcome(Kind.REFUSED, controls=frozenset({Control.TOKEN}))

    right, wrong = (
        cell(act=answering(outcome), refused_by=frozenset({each})) for each in (Control.TOKEN, Control.ROUTES)
    )

    assert _verdicts(FakeWorld([]), right, wrong) == [Verdict.REFUSED, Verdict.WRONG_CONTROL]


def test_a_twin_is_called_once_and_one_that_breaks_turns_all_its_cells_red() -> None:
    """By its name, however many cells share it."""
    calls: list[int] = []

    def act(_: World) -> Outcome:
        calls.append(1)
        return ALLOWED

    def raises(_: World) -> Outcome:
        raise RuntimeError("nobody thought of that")

    shared, broken = Twin("shared", act), Twin("broken", raises)
    cells = [cell(twin=twin) for twin in (shared, shared, broken, broken)]

    verdicts = _verdicts(FakeWorld([refusal()]), *cells)

    assert verdicts == [Verdict.REFUSED, Verdict.REFUSED, Verdict.BROKEN, Verdict.BROKEN]
    assert calls == [1]


def test_an_attack_that_breaks_is_not_judged_and_the_others_are() -> None:
    """An exception of the attack's own code is no refusal."""

    def raises(_: World) -> Outcome:
        raise RuntimeError("nobody thought of that")

    assert _verdicts(FakeWorld([refusal()]), cell(act=raises), cell()) == [Verdict.BROKEN, Verdict.REFUSED]


def test_cells_after_which_a_victims_data_is_another_have_leaked() -> None:
    """Whatever was answered; those about other victims stand."""
    world = FakeWorld([refusal()])
    world.changes = ["globex"]

    assert _verdicts(world, cell(), cell()) == [Verdict.LEAKED, Verdict.LEAKED]
    world.secrets["acme1"], world.changes = "other", ["globex"]
    assert _verdicts(world, cell(victims=("acme1",))) == [Verdict.REFUSED]


def test_where_the_victims_data_cannot_be_looked_at_a_refusal_is_no_evidence() -> None:
    """And what has leaked has leaked."""
    world = FakeWorld([refusal()])

    def altered() -> list[str]:
        raise OSError("no connection")

    world.altered = altered  # type: ignore[method-assign]

    assert _verdicts(world, cell(), cell(act=answering(ALLOWED))) == [Verdict.BROKEN, Verdict.LEAKED]


def test_what_a_leak_wrote_is_swept_away() -> None:
    """And nothing is swept where nothing leaked."""
    leaking, tight = FakeWorld([refusal()]), FakeWorld([refusal()])

    _verdicts(leaking, cell(act=answering(ALLOWED)))
    _verdicts(tight, cell())

    assert "swept" in leaking.log
    assert "swept" not in tight.log


def test_the_record_is_read_often_enough_for_what_it_holds() -> None:
    """A thousand decisions, of which an attack by the API and what is put back after it make up to twenty."""
    world = FakeWorld([refusal()])

    _verdicts(world, *[cell()] * (2 * CHUNK + 1))

    assert world.log.count("decisions") == 3
    assert CHUNK * 9 < 1_000
    assert HTTP_CHUNK * 20 < 1_000
    world.log.clear()
    _verdicts(world, *[cell()] * 3, *[cell(service=Service.HTTP)] * (HTTP_CHUNK + 1))
    assert world.log.count("decisions") == 3


@pytest.mark.parametrize(
    ("attack", "good"), [(answering(REFUSED), True), (answering(ALLOWED), False)], ids=["refused", "leaked"]
)
def test_a_run_plants_for_its_services_and_clears_up(attack: Callable[[World], Outcome], good: bool) -> None:  # noqa: FBT001
    """Also when something leaked; the progress is told of every cell."""
    world, done = FakeWorld([refusal()]), list[int]()

    report = run(cast("World", world), [cell(act=attack)] * 3, {"a reason": 2}, name="x", progress=done.append)

    assert report.is_good is good
    assert report.skipped == {"a reason": 2}
    assert done == [1, 1, 1]
    assert world.log[0] == "plant DynamoDB"
    assert world.log[-2:] == ["clear", "close"]


def test_a_run_ends_soon_after_the_first_that_was_waited_for() -> None:
    """What follows is not tried, and what was planted is taken away all the same."""
    world = FakeWorld([refusal()])
    tried: list[str] = []

    def attack(name: str) -> Callable[[World], Outcome]:
        def act(_: World) -> Outcome:
            tried.append(name)
            return ALLOWED if name == "3" else REFUSED

        return act

    cells = [cell(target=f"{number}", act=attack(f"{number}")) for number in range(200)]
    report = run(cast("World", world), cells, {}, name="n", until=lambda each: each.verdict is Verdict.LEAKED)

    assert [each.verdict for each in report.judged] == [Verdict.REFUSED] * 3 + [Verdict.LEAKED]
    assert 4 <= len(tried) <= 20
    assert world.log[-2:] == ["clear", "close"]


def test_a_run_of_nothing_is_not_good() -> None:
    """Nothing was shown."""
    assert not run(cast("World", FakeWorld([])), [], {}, name="x").is_good
