"""Random languages of every form, of what a test makes them of."""

from __future__ import annotations

from hypothesis import strategies as st

from bulkhead_planproof.languages import Both, Either, Language, Not, Repeat, Sequence


def combined(inner: st.SearchStrategy[Language]) -> st.SearchStrategy[Language]:
    """Return languages that are put together from others."""
    several = st.lists(inner, min_size=0, max_size=3).map(tuple)
    return st.one_of(
        several.map(Sequence),
        several.map(Either),
        several.map(Both),
        inner.map(Not),
        st.builds(Repeat, inner, st.integers(0, 2), st.sampled_from([None, 2, 3])),
    )
