"""Session policies are proved for any tenant at once."""

from __future__ import annotations

import pytest

from bulkhead_planproof.languages import ProofError
from bulkhead_planproof.session_policy import from_template


def test_a_template_names_the_tenant() -> None:
    """Else it would be the same for all of them."""
    with pytest.raises(ProofError, match="stands nowhere"):
        from_template("{}", "a file")
    assert from_template('{"a": "{TENANT}-*"}', "a file").template.count("{TENANT}") == 0
