"""Session policies are proved for any tenant at once."""

from __future__ import annotations

import pytest

from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.session_policy import from_template


def test_a_template_names_the_tenant() -> None:
    """Else it would be the same for all of them."""
    with pytest.raises(ProofError, match="stands nowhere"):
        from_template("{}", "a file")
    for place in ("{tenant}", "{TENANT}"):
        assert from_template(f'{{"a": "{place}-*"}}', "a file").template.count(place) == 0


@pytest.mark.parametrize("text", ['["{tenant}#*", "{TENANT}#*"]', '["{tenant}#*", "rendered-for-a-tenant#*"]'])
def test_what_else_could_stand_for_the_tenant_is_refused(text: str) -> None:
    """An application would leave it as it is, for all sessions to share."""
    with pytest.raises(ProofError, match="stand"):
        from_template(text, "a file")
