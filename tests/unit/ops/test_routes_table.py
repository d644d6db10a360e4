"""The README's table of routes, of an application of the test's own."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from chalice.app import Chalice
from pydantic import Field
from typing_extensions import TypedDict

from chalicelib.http.authorization import tenant_authorizer
from chalicelib.http.operations import DescribedResponse, Operation
from chalicelib.http.parameters import LIMIT
from chalicelib.http.preconditions import ETAG, IF_MATCH
from chalicelib.http.requests import Body, Patch
from ops.routes_table import BEGIN, END, main, routes_table, with_table
from stage.errors import CommandError


class NewThing(Body):
    """A thing to add."""

    name: str


class ThingPatch(Patch):
    """Some fields of a thing."""

    name: str = Field(default="")


class Thing(TypedDict):
    """A thing."""

    thing_id: str
    name: str


def an_app() -> Chalice:
    """Return an app with a route of each sort; its view functions are never called."""
    app = Chalice("things")

    @app.route("/things")
    @Operation(query=(LIMIT,), answers={200: DescribedResponse("All.", list[Thing])})
    def list_things() -> None:
        """Return the things."""

    @app.route("/things", methods=["POST"])
    @Operation(body=NewThing, answers={201: DescribedResponse("It.", Thing, (ETAG,))})
    def add_thing() -> None:
        """Add a thing.

        What else is said of it stands in the OpenAPI document.
        """

    @app.route("/things/{thing_id}", methods=["PATCH"], authorizer=tenant_authorizer)
    @Operation(body=ThingPatch, headers=(IF_MATCH,), answers={200: DescribedResponse("It.", Thing)})
    def change_thing(thing_id: str) -> None:
        """Change a thing."""

    return app


def test_a_row_says_who_may_call_what_it_takes_and_what_it_answers() -> None:
    """From the route, its operation and the table of permissions; a route that no role has is nobody's."""
    head, _, *rows = routes_table(an_app().routes).splitlines()

    assert head == "| route | who | what it does | body | answer |"
    assert rows == [
        "| `GET /things` | anyone | Return the things; query `limit` |  | 200 |",
        "| `POST /things` | anyone | Add a thing | `name` | 201 `thing_id, name` with `ETag` |",
        "| `PATCH /things/{thing_id}` | nobody | Change a thing; needs `If-Match` | `name` | 200 `thing_id, name` |",
    ]


def test_the_table_goes_between_the_markers_and_nothing_else_changes() -> None:
    """However often it is written."""
    text = f"before\n{BEGIN}\nan old table\n{END}\nafter\n"
    once = with_table(text, "a table\n")

    assert once == with_table(once, "a table\n") == f"before\n{BEGIN}\na table\n{END}\nafter\n"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END}\n{BEGIN}"])
def test_a_readme_without_the_markers_is_refused(text: str) -> None:
    """Rather than written over or left stale; the sentence says what is missing."""
    with pytest.raises(CommandError, match=re.escape(BEGIN)):
        with_table(text, "a table\n")


def test_the_command_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and the README stays as it was."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "app", SimpleNamespace(app=an_app()))
    assert main() == 2
    Path("README.md").write_text("no place for a table\n")
    assert main() == 2
    assert Path("README.md").read_text() == "no place for a table\n"
    assert "README.md needs a line" in capsys.readouterr().err
