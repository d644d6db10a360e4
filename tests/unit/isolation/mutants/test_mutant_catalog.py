"""The mutants: generated of the entities, over both stores, and each is another change of the app's own code."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chalicelib.config import Strategy
from isolation.attack.served import served
from isolation.mutants.catalog import FEWEST, FEWEST_OF_A_KIND, mutants, too_few
from isolation.mutants.code import entities_of
from isolation.mutants.edits import MutantError, applied
from isolation.mutants.lifted import code_of
from isolation.mutants.model import Control, Kind, Refuser

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.mutants.model import Mutant


@pytest.fixture(scope="module", params=list(Strategy))
def known(request: pytest.FixtureRequest) -> tuple[Mutant, ...]:
    """Return the mutants of the product under each strategy."""
    return mutants(served(), request.param)


def test_there_are_enough_of_each_kind(known: tuple[Mutant, ...]) -> None:
    """A hundred in all, ten of each kind, and no two of one name."""
    counted = Counter(each.kind for each in known)

    assert len(known) >= FEWEST
    assert {kind: counted[kind] for kind in Kind if counted[kind] < FEWEST_OF_A_KIND} == {}
    assert too_few(known) == []
    assert len({each.name for each in known}) == len(known)


def test_too_few_are_named() -> None:
    """A kind that has lost its mutants shows nothing any more."""
    some = [each for each in mutants(served(), Strategy.WEB_IDENTITY) if each.kind is not Kind.WHERE][:50]

    assert f"0 of the kind: {Kind.WHERE}" in too_few(some)
    assert "50 in all" in too_few(some)


def test_each_changes_the_app_and_no_two_do_the_same(known: tuple[Mutant, ...]) -> None:
    """The changed files, each of them Python that does something else than the app."""
    changed = Counter(tuple(sorted(applied(served().code, each.edits).items())) for each in known)
    attacks = {each.name: each.attacks for each in known}

    # The same change of what all entities share is another mutant for each of them: other rows are asked for.
    assert max(changed.values()) <= len(served().entities)
    assert all(attacks.values())


def test_every_entity_of_either_store_has_its_own(known: tuple[Mutant, ...]) -> None:
    """One whose rows are in the pooled table has mutants of keys, one of the database such of statements."""
    shared = {Kind.NAMED, Kind.BY_HAND, Kind.CONTEXT, Kind.CACHED, Kind.KEPT, Kind.VENDING}
    for code in entities_of(served()):
        kinds = {each.kind for each in known if each.entity == code.name}
        assert kinds == shared | ({Kind.KEY} if code.target.kind else {Kind.WHERE, Kind.SQL})


def test_an_entity_that_is_taken_out_takes_its_mutants_along() -> None:
    """And nothing else: they are made of what is served."""
    whole = served()
    without = replace(whole, entities=tuple(each for each in whole.entities if each.name != "cart"))

    left = mutants(without, Strategy.WEB_IDENTITY)

    assert {each.entity for each in left} == {"items", "users", ""}
    assert "cart" not in {attack.target.name for each in left for attack in each.attacks}


def test_a_view_that_opens_no_handle_is_named(tmp_path: Path) -> None:
    """A mutant that cannot be made is no evidence: the run ends."""
    whole = served()
    file = tmp_path / "chalicelib" / "entities" / "items" / "routes.py"
    file.parent.mkdir(parents=True)
    text = (whole.code / "chalicelib/entities/items/routes.py").read_text(encoding="utf-8")
    file.write_text(text.replace("opened(request)", "open_it(request)"), encoding="utf-8")

    with pytest.raises(MutantError, match=r"items/routes.py: \w+ opens no handle"):
        mutants(replace(whole, code=tmp_path), Strategy.WEB_IDENTITY)


def test_only_sql_that_sets_a_tenant_is_open(known: tuple[Mutant, ...]) -> None:
    """All else has a control that refuses it, and those of one kind rest on no more than the store demands."""
    assert {each.kind for each in known if each.open_until} == {Kind.SQL}
    assert {each.control for each in known if each.open_until} == {Control.NONE}
    by_kind = {kind: {each.control.refuser for each in known if each.kind is kind} for kind in Kind}
    assert by_kind[Kind.NAMED] == by_kind[Kind.BY_HAND] == by_kind[Kind.CONTEXT] == {Refuser.IAM, Refuser.POSTGRES}
    assert by_kind[Kind.KEY] == by_kind[Kind.VENDING] == {Refuser.IAM}
    assert by_kind[Kind.WHERE] == {Refuser.POSTGRES}
    assert by_kind[Kind.CACHED] == by_kind[Kind.TRIGGER] == {Refuser.CODE}


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_control_that_is_code_is_switched_off_by_edits_that_apply(strategy: Strategy) -> None:
    """Together with any mutant's own; so is code behind a control of IAM, and the session policy, which is rendered."""
    for control in Control:
        edits = code_of(control, served(), strategy)
        rendered = control is Control.LEADING_KEYS and strategy is Strategy.SESSION_POLICY
        assert bool(edits) is (control.refuser is Refuser.CODE or control is Control.TRUST or rendered)
        assert all(applied(served().code, edits).values())
        for each in mutants(served(), strategy):
            if each.control is control and each.kind is not Kind.TRIGGER and edits:
                applied(served().code, (*each.edits, *edits))
