"""Lists are read on every page: another tenant's rows may stand on any of them."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, cast

import pytest

from isolation.attack.http_pages import AFTER_THE_OWN, AT_ONCE, FROM_THE_LOWEST, PAGE_BY_PAGE, lowest, page_cells
from isolation.attack.outcomes import VICTIM
from isolation.attack.runner import Runner
from isolation.attack.verdicts import Verdict
from tests.unit.isolation.sample_world import SampleWorld

if TYPE_CHECKING:
    from pathlib import Path

    from isolation.attack.world import World


def _red(world: SampleWorld) -> dict[str, Verdict]:
    judged = list(Runner(cast("World", world)).run(list(page_cells(world.served))))
    return {each.cell.name: each.verdict for each in judged if not each.verdict.is_good}


def test_every_page_of_a_sound_app_is_the_callers_own(tmp_path: Path) -> None:
    """The second row that makes a second page is gone again."""
    world = SampleWorld(tmp_path)

    assert _red(world) == {}
    assert all(len(rows) == 1 for rows in world.data.rows.values())


def _at_a_long_limit(query: Any, _: Any) -> bool:
    return bool(query.get("limit") == "100")


def _behind_the_first_page(query: Any, _: Any) -> bool:
    return "cursor" in query and query.get("limit") == "1"


def _at_the_beginning(query: Any, _: Any) -> bool:
    return base64.urlsafe_b64decode(query.get("cursor", "")).decode() in {"00000000-0000-0000-0000-000000000000", "a"}


def _after_a_row(query: Any, own: Any) -> bool:
    return "limit" not in query and base64.urlsafe_b64decode(query.get("cursor", "")).decode() in set(own)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (_at_a_long_limit, AT_ONCE),
        (_behind_the_first_page, PAGE_BY_PAGE),
        (_at_the_beginning, FROM_THE_LOWEST),
        (_after_a_row, AFTER_THE_OWN),
    ],
)
@pytest.mark.parametrize("name", ["samples", "lines", "notes"])
def test_a_row_of_another_tenant_on_one_page_turns_red(tmp_path: Path, when: Any, words: str, name: str) -> None:
    """Whichever it is; the other pages, and the list as it is asked for otherwise, are sound."""

    def slip(request: Any, data: Any, of: str) -> list[Any]:
        shown = of == name and when(request.query_params or {}, data.of("acme", of))
        return list(data.of(VICTIM, of).values()) if shown else []

    red = _red(SampleWorld(tmp_path, slip=slip))

    assert red[f"HTTP: GET /{name}, {words}, as acme viewer"] is Verdict.LEAKED
    assert set(red.values()) == {Verdict.LEAKED}


def test_the_lowest_id_has_the_form_of_a_rows() -> None:
    """As far as one row's id tells."""
    assert lowest("7c9e6679-7425-40de-944b-e07fc1f90ae7") == "00000000-0000-0000-0000-000000000000"
    assert lowest("line") == "l"
