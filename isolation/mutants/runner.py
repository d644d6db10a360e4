"""Runs mutants on a stack: two at a time, each in processes of its own, first with its control off."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib.config import Strategy
from isolation.attack.api import ApiAccess
from isolation.attack.outcomes import VICTIM
from isolation.mutants import lifted
from isolation.mutants.attacker import Attacker
from isolation.mutants.edits import MutantError, applied, difference
from isolation.mutants.model import Control, Judged, Kind, Place, Verdict
from isolation.mutants.process import Changed, Nursery
from isolation.mutants.rows import StoredRows
from isolation.mutants.trigger import TRIGGER, TRIGGER_FILE, event_of
from isolation.mutants.verdicts import is_expected, judge
from stage.decisions import read_decisions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from isolation.attack.served import Served
    from isolation.canaries.applied import Applied
    from isolation.mutants.attacker import Tried
    from isolation.mutants.edits import Edit
    from isolation.mutants.model import Mutant

#: How many mutants run at the same time.
_BESIDE = 2
_SIGNED_IN_SECONDS = 300  # of the 900 that a token lives
#: Controls that are off on the stack, and so for all who use it.
_OF_THE_STACK = (Control.LEADING_KEYS, Control.ROW_SECURITY, Control.TRUST, Control.SESSION_NAME)


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. `few` says of what there are too few mutants; `seconds` is how long it took."""

    strategy: Strategy
    judged: tuple[Judged, ...]
    few: tuple[str, ...]
    seconds: float

    @property
    def red(self) -> tuple[Judged, ...]:
        """The mutants that make the evidence red."""
        by_token = self.strategy is Strategy.WEB_IDENTITY
        return tuple(each for each in self.judged if not is_expected(each, by_token=by_token))

    @property
    def is_good(self) -> bool:
        """Whether nothing leaks that is not known to."""
        return bool(self.judged) and not self.red and not self.few


@dataclass
class MutantRunner:
    """Runs mutants.

    Args:
        applied: the stack, which nobody else uses, and whose API runs the code without any change.
        served: what that API serves.
        nursery: starts the changed apps.
        progress: is told after each run of a mutant.
    """

    applied: Applied
    served: Served
    nursery: Nursery
    progress: Callable[[], object] = lambda: None
    _lanes: SimpleQueue[Attacker] = field(default_factory=SimpleQueue, init=False)
    _api: ApiAccess = field(init=False)
    _rows: list[StoredRows] = field(init=False)
    _signed_in_at: float = field(init=False)
    _signing_in: Lock = field(default_factory=Lock, init=False)

    def __post_init__(self) -> None:
        self._sign_in()
        self._rows = [StoredRows(self.applied.stack) for _ in range(_BESIDE)]
        for number, rows in enumerate(self._rows):
            self._lanes.put(Attacker(self.applied.stage.api_url, self._token, rows, number))

    def close(self) -> None:
        """Close what it has opened."""
        for rows in self._rows:
            rows.close()

    def run(self, mutants: Sequence[Mutant], *, off_always: Iterable[Control] = ()) -> list[Judged]:
        """Return the verdicts, in the order of the mutants; `off_always` are controls that stay off, as a canary.

        Raises:
            CommandError, ClientError, BotoCoreError, OSError, psycopg.Error: the stack is not as it must be.
        """
        without: dict[str, list[Tried] | MutantError] = {}
        with ThreadPoolExecutor(_BESIDE) as two:
            for control in Control:
                some = [each for each in mutants if each.control is control and not each.open_until]
                on_stack = control if control in _OF_THE_STACK else Control.NONE
                with lifted.off(on_stack, self.applied, self.served):
                    found = two.map(partial(self._tried, control=control), some)
                    without |= {each.name: tried for each, tried in zip(some, found, strict=True)}
            with ExitStack() as weakened:
                for control in off_always:
                    weakened.enter_context(lifted.off(control, self.applied, self.served))
                return list(two.map(lambda each: self._judged(each, without.get(each.name, [])), mutants))

    def _sign_in(self) -> None:
        """Sign every user in, before several ask at the same time, and long before the tokens end."""
        api = ApiAccess(self.applied.stage, {}, self.applied.stage.api_url, self.served)
        for user in self.applied.stage.users:
            api.token(user.tenant, user.role)
        self._api, self._signed_in_at = api, time.monotonic()

    def _token(self, tenant: str, role: str) -> str:
        return self._api.token(tenant, role)

    def _judged(self, mutant: Mutant, without: list[Tried] | MutantError) -> Judged:
        started = time.monotonic()
        within = self._tried(mutant, control=Control.NONE)
        failed = next((each for each in (without, within) if isinstance(each, MutantError)), None)
        if isinstance(without, MutantError) or isinstance(within, MutantError):
            judged = Judged(mutant, Verdict.BROKEN, reason=str(failed))
        else:
            judged = judge(mutant, without, within, self._decisions())
        changed = () if judged.verdict is Verdict.REFUSED else self._difference(mutant)
        return replace(judged, changed=changed, seconds=time.monotonic() - started)

    def _tried(self, mutant: Mutant, control: Control) -> list[Tried] | MutantError:
        attacker = self._lanes.get()
        try:
            with self._signing_in:
                if time.monotonic() - self._signed_in_at > _SIGNED_IN_SECONDS:
                    self._sign_in()
            off = lifted.code_of(control, self.served, self.applied.stage.vending_strategy)
            if mutant.kind is Kind.TRIGGER:
                return self._tried_with_its_token(mutant, attacker, off)
            with self.nursery.api(self._changed(*mutant.edits, *off)) as url:
                return attacker.try_all(url, mutant.attacks, self._claiming(mutant))
        except MutantError as error:
            return error
        finally:
            self._lanes.put(attacker)
            self.progress()

    def _tried_with_its_token(self, mutant: Mutant, attacker: Attacker, off: tuple[Edit, ...]) -> list[Tried]:
        """Let the changed trigger say what is in a token, sign that with the pool's key, and use it at the API."""
        naming = mutant.attacks[0].naming
        if naming is None:
            raise MutantError("the request names no tenant")
        claims = self._api.claims()
        attributes = {
            name: str(claims[name]) for name in claims if name == "sub" or name.startswith(("custom:", "email"))
        }
        module = TRIGGER_FILE.removesuffix(".py").replace("/", ".")
        event = self.nursery.call(self._changed(*mutant.edits), module, TRIGGER, event_of(attributes, naming), None)
        said = event["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"]
        token = self._api.forged(**said)
        with self.nursery.api(self._changed(*off)) as url:
            return attacker.try_all(url, mutant.attacks, token)

    def _claiming(self, mutant: Mutant) -> str:
        """Return a token with the claim by which the attacks name the victim; empty where they do otherwise."""
        naming = mutant.attacks[0].naming if mutant.attacks else None
        if naming is None or naming.place is not Place.CLAIM:
            return ""
        claims: dict[str, Any] = {naming.name: VICTIM}
        return self._api.forged(**claims)

    def _changed(self, *edits: Edit) -> Changed:
        return Changed(self.served.code, applied(self.served.code, edits))

    def _difference(self, mutant: Mutant) -> tuple[str, ...]:
        try:
            return tuple(difference(self.served.code, mutant.edits))
        except MutantError as error:
            return (str(error),)

    def _decisions(self) -> list[Mapping[str, Any]]:
        return list(read_decisions(self.applied.stage.aws_endpoint_url))
