"""Edits: they apply exactly as they are meant to, or not at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from isolation.mutants.edits import MutantError, Source, applied, difference

if TYPE_CHECKING:
    from pathlib import Path

CODE = '''"""Größe: a letter of two bytes stands before what is changed."""


class Store:
    def get(self, key):
        """Return it."""
        return self.rows[self.key(key)] or self.rows["ä"]

    def key(self, key):
        return self._tenant + key


def get(request):
    return opened(request).get(opened(request))
'''


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Return a file of a small project."""
    (tmp_path / "store.py").write_text(CODE, encoding="utf-8")
    return Source(tmp_path, "store.py")


def test_an_expression_is_replaced_where_it_stands_and_nowhere_else(source: Source) -> None:
    """In the method of that class, whatever letters stand before it; `<>` is what was there."""
    (found,) = source.expressions(source.function("get", "Store"), "self.key(key)")

    changed = applied(source.folder, [source.replaced(found, "theirs(<>)")])

    assert changed == {"store.py": CODE.replace("[self.key(key)]", "[theirs(self.key(key))]")}


def test_several_edits_of_a_file_apply_together(source: Source) -> None:
    """Calls, a first statement after the docstring, and an end."""
    view = source.function("get")
    edits = [source.replaced(call, "kept(<>)") for call in source.calls(view, "opened")]
    edits += [source.first(source.function("get", "Store"), "return None"), source.end("X = 1\n")]

    text = applied(source.folder, edits)["store.py"]

    assert "return kept(opened(request)).get(kept(opened(request)))" in text
    assert '"""Return it."""\n        return None\n        return self.rows' in text
    assert text.endswith("\n\nX = 1\n")


def test_what_is_not_as_it_was_is_refused(source: Source) -> None:
    """An edit that was made for other code."""
    (found,) = source.expressions(source.function("key", "Store"), "self._tenant")
    edit = source.replaced(found, "'globex'")

    with pytest.raises(MutantError, match="is not as it was"):
        applied(source.folder, [replace(edit, old="self.tenant")])
    with pytest.raises(MutantError, match="is not as it was"):
        applied(source.folder, [edit, edit])


def test_a_change_that_changes_nothing_is_refused(source: Source) -> None:
    """Brackets and comments do nothing, and no edit at all does not either."""
    (found,) = source.expressions(source.function("key", "Store"), "self._tenant")

    with pytest.raises(MutantError, match="would do what it does now"):
        applied(source.folder, [source.replaced(found, "(<>)")])
    with pytest.raises(MutantError, match="would do what it does now"):
        applied(source.folder, [source.end("# a comment\n")])


def test_a_change_that_is_no_python_is_refused(source: Source) -> None:
    """It would not start, and a mutant that does not start leaks nothing."""
    (found,) = source.expressions(source.function("key", "Store"), "self._tenant")

    with pytest.raises(MutantError, match="would be no Python"):
        applied(source.folder, [source.replaced(found, "(<>")])


@pytest.mark.parametrize(("name", "of"), [("nobody", ""), ("nobody", "Store"), ("get", "Nobody")])
def test_what_is_not_there_cannot_be_changed(source: Source, name: str, of: str) -> None:
    """A function, a method and a class; an expression; a piece of text, or two of them; a file."""
    with pytest.raises(MutantError, match="has 0 of the name"):
        source.function(name, of)
    with pytest.raises(MutantError, match=r"has no 'self.tenant' in get"):
        source.expressions(source.function("get", "Store"), "self.tenant")
    for piece in ("nothing", "self"):
        with pytest.raises(MutantError, match="times where it is expected once"):
            source.replaced_in(source.function("get", "Store"), piece, "")
    with pytest.raises(MutantError, match=r"other.py cannot be read"):
        applied(source.folder, [replace(source.end("x"), file="other.py")])


def test_the_difference_names_file_line_and_both_texts(source: Source) -> None:
    """What a report shows of a mutant."""
    (found,) = source.expressions(source.function("key", "Store"), "self._tenant")

    assert list(difference(source.folder, [source.replaced(found, "'globex'")])) == [
        "store.py:10: -return self._tenant + key",
        "store.py:10: +return 'globex' + key",
    ]
