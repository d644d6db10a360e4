"""Runs cells against a stage and judges them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from isolation.attack.controls import Finding, found, of_decisions, of_message
from isolation.attack.keys import sweep
from isolation.attack.outcomes import Kind, Outcome, Service
from isolation.attack.verdicts import Judged, Verdict, changed, judge, unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from isolation.attack.cells import Act, Cell
    from isolation.attack.world import World

#: Cells between two looks at the victims' data and at the decision record, which holds the last 1,000. An attack and
#: its twin make up to nine decisions, most of them one; by the API, with what is put back after them, up to twenty.
CHUNK, HTTP_CHUNK = 100, 40
_FEW = 10  # where the first of a kind is waited for


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. `seconds` is how long it took; `skipped` says what was left out and why."""

    stage: str
    judged: tuple[Judged, ...]
    skipped: Mapping[str, int]
    seconds: float
    exact: bool = True  # the control was read from the decision record, not guessed from the message's form
    left_behind: str = ""  # why what was planted could not be taken away again

    @property
    def is_good(self) -> bool:
        """Whether every cell is as it should be, and there is one."""
        return bool(self.judged) and not self.left_behind and all(each.verdict.is_good for each in self.judged)

    def count(self, verdict: Verdict) -> int:
        """Return how many cells have that verdict."""
        return sum(each.verdict is verdict for each in self.judged)


@dataclass
class Runner:
    """Runs cells one after the other; `progress` is told how many are done."""

    world: World
    progress: Callable[[int], object] = lambda _: None
    chunk: int = CHUNK
    _twins: dict[str, Outcome] = field(default_factory=dict, init=False)

    def run(self, cells: Sequence[Cell]) -> Iterator[Judged]:
        """Yield the verdicts, in the order of the cells.

        Raises:
            ScopedCredentialsError: STS does not vend for what must be there to be stolen.
        """
        for by_api, some in groupby(cells, lambda cell: cell.service is Service.HTTP):
            remaining, size = list(some), min(HTTP_CHUNK, self.chunk) if by_api else self.chunk
            for start in range(0, len(remaining), size):
                yield from self._chunk(remaining[start : start + size])

    def _chunk(self, cells: Sequence[Cell]) -> Iterable[Judged]:
        results = []
        for cell in cells:
            twin = self._twin(cell)
            results.append((cell, _tried(cell.act, self.world), twin))
            self.progress(1)
        decisions = _by_request(self.world.decisions())
        judged = [self._judged(cell, outcome, twin, decisions) for cell, outcome, twin in results]
        if any(each.verdict is Verdict.LEAKED for each in judged):
            sweep(self.world.cleaner(), self.world.stage.table_name)
        try:
            altered = self.world.altered()
        except Exception as error:  # noqa: BLE001 -- whatever it is, the verdicts must not be lost for it
            return [unseen(each, f"{type(error).__name__} {error}") for each in judged]
        return [_with_victims(each, altered) for each in judged]

    def _judged(
        self, cell: Cell, outcome: Outcome, twin: Outcome, decisions: Mapping[str, list[Mapping[str, Any]]] | None
    ) -> Judged:
        secrets = [self.world.secrets[victim] for victim in cell.victims]
        return judge(cell, outcome, _finding(outcome, decisions), twin, secrets)

    def _twin(self, cell: Cell) -> Outcome:
        if cell.twin.name not in self._twins:
            self._twins[cell.twin.name] = _tried(cell.twin.act, self.world)
        return self._twins[cell.twin.name]


def run(  # noqa: PLR0913 -- the parts of a run, each named at the call
    world: World,
    cells: Sequence[Cell],
    skipped: Mapping[str, int],
    *,
    name: str,
    progress: Callable[[int], object] = lambda _: None,
    until: Callable[[Judged], bool] | None = None,
) -> Report:
    """Plant what is to be stolen, try every cell, and take it away again.

    With `until` no further cell is tried soon after the first of which it is true.

    Raises:
        ScopedCredentialsError, ClientError, OSError, psycopg.Error: nothing can be planted, so that nothing is shown.
    """
    started = time.monotonic()
    try:
        world.plant({cell.service for cell in cells})
        judged = _judged(Runner(world, progress, CHUNK if until is None else _FEW), cells, until)
    except BaseException:
        _cleared(world)  # why nothing is shown matters more than what could not be taken away
        raise
    left_behind = _cleared(world)
    seconds = time.monotonic() - started
    return Report(name, judged, skipped, seconds, exact=world.local is not None, left_behind=left_behind)


def _judged(runner: Runner, cells: Sequence[Cell], until: Callable[[Judged], bool] | None) -> tuple[Judged, ...]:
    judged: list[Judged] = []
    for each in runner.run(cells):
        judged.append(each)
        if until is not None and until(each):
            break
    return tuple(judged)


def _cleared(world: World) -> str:
    """Take away what was planted, and return why that failed, if it did: the verdicts must not be lost for it."""
    try:
        world.clear()
    except Exception as error:  # noqa: BLE001 -- as the text says
        return f"{type(error).__name__} {error}"
    finally:
        world.close()
    return ""


def _tried(act: Act, world: World) -> Outcome:
    try:
        return act(world)
    except Exception as error:  # noqa: BLE001 -- one attack that breaks must not hide the others' verdicts
        return Outcome(Kind.FAILED, type(error).__name__, str(error))


def _by_request(decisions: Sequence[Mapping[str, Any]] | None) -> Mapping[str, list[Mapping[str, Any]]] | None:
    if decisions is None:
        return None
    by_request: dict[str, list[Mapping[str, Any]]] = {}
    for decision in decisions:
        by_request.setdefault(decision["request_id"], []).append(decision)
    return by_request


def _finding(outcome: Outcome, decisions: Mapping[str, list[Mapping[str, Any]]] | None) -> Finding:
    """Return what refused: from the answer itself, the decision record, or AWS's words."""
    if outcome.controls:
        return found(*outcome.controls)
    if decisions is None:
        return of_message(outcome.code, outcome.message)
    return of_decisions(outcome.code, outcome.message, decisions.get(outcome.request_id, []))


def _with_victims(judged: Judged, altered: Sequence[str]) -> Judged:
    """Return the verdict anew for what could have changed a victim's data and is not known to have leaked already."""
    hit = [victim for victim in altered if victim in judged.cell.victims]
    if hit and judged.verdict is not Verdict.LEAKED:
        return changed(judged, ", ".join(hit))
    return judged
