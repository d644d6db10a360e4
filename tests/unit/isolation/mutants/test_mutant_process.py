"""Changed code runs in a process of its own, and nothing of it here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from chalicelib.tenancy.token_tags import TAGS
from isolation.attack.outcomes import VICTIM
from isolation.attack.served import PROJECT, served
from isolation.mutants.code import entities_of
from isolation.mutants.edits import MutantError, applied
from isolation.mutants.process import Changed, Nursery
from isolation.mutants.trigger import TRIGGER, TRIGGER_FILE, event_of, trigger_mutants
from stage.http_api import get_json
from stage.local.processes import process_basics

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

MODULE = TRIGGER_FILE.removesuffix(".py").replace("/", ".")
ATTRIBUTES = {"sub": "u-1", "custom:tenantID": "acme", "custom:role": "member", "email": "a@example.com"}


@pytest.fixture
def nursery(tmp_path: Path) -> Nursery:
    """Return a nursery whose children know little."""
    return Nursery({**process_basics(os.environ), "SESSION_PER": "tenant"}, tmp_path / "mutants.log")


def _tags(event: dict[str, Any]) -> Any:
    return event["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"][TAGS]


def test_every_mutant_of_the_trigger_tags_what_its_user_says(nursery: Nursery) -> None:
    """The trigger as it is does not: it reads attributes only that users cannot write."""
    for mutant in trigger_mutants(entities_of(served())):
        naming = mutant.attacks[0].naming
        assert naming is not None
        event, changed = event_of(ATTRIBUTES, naming), Changed(PROJECT, applied(PROJECT, mutant.edits))

        assert _tags(nursery.call(changed, MODULE, TRIGGER, event, None))["principal_tags"]["tenant"] == [VICTIM]
        assert _tags(nursery.call(Changed(PROJECT, {}), MODULE, TRIGGER, event, None)) == {
            "principal_tags": {"tenant": ["acme"], "role": ["member"]}
        }


def test_a_changed_app_is_served_and_ends_with_its_block(nursery: Nursery) -> None:
    """With the change, and with the environment that it is given."""
    file = "chalicelib/http/health.py"
    text = (PROJECT / file).read_text(encoding="utf-8")
    changed = Changed(PROJECT, {file: text.replace('"ok"', '"changed"')})

    with nursery.api(changed) as url:
        assert get_json(f"{url}/health") == {"status": "changed"}
    with pytest.raises(OSError, match="refused"):
        get_json(f"{url}/health")


def test_a_changed_app_that_does_not_start_is_no_evidence(nursery: Nursery) -> None:
    """What it says is said; the next one starts all the same."""
    broken = Changed(PROJECT, {"chalicelib/http/health.py": "raise RuntimeError('no')"})

    with pytest.raises(MutantError, match="RuntimeError: no"), nursery.api(broken):
        pass
    with nursery.api(Changed(PROJECT, {})) as url:
        assert get_json(f"{url}/health") == {"status": "ok"}
