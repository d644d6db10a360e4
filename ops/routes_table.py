"""Writes the README's table of routes, between two markers, from the application's own routes.

`python -m ops.routes_table` does so in the folder that holds app.py; a test holds the table against the application.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from chalicelib.http.answers import REQUEST_ID_HEADER
from chalicelib.http.openapi import document
from chalicelib.tenancy.permissions import PERMISSIONS, Permission
from chalicelib.tenancy.tenant import Role
from stage.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalicelib.http.openapi import Routes

BEGIN, END = "<!-- routes: written by make format -->", "<!-- end of routes -->"
_HEAD = "| route | who | what it does | body | answer |\n|---|---|---|---|---|\n"
_REFUSALS = 300  # statuses from here on are explained below the table, for all routes


def main() -> int:
    """Write the table; 0 when it stands there, 2 when the README has no place for it."""
    from app import app  # noqa: PLC0415 -- of the folder in which this runs

    readme = Path("README.md")
    try:
        readme.write_text(with_table(readme.read_text(), routes_table(app.routes)))
    except (CommandError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def with_table(text: str, table: str) -> str:
    """Return the README's text with this table between the markers.

    Raises:
        CommandError: a marker is missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise CommandError(f"README.md needs a line {BEGIN} and after it a line {END}: the table goes between them")
    return f"{before}{BEGIN}\n{table}{END}{after}"


def routes_table(routes: Routes) -> str:
    """Return the table of these routes in Markdown.

    Raises:
        TypeError: a view does not say what it takes and answers.
    """
    described = document(routes)
    members = partial(_members, described["components"]["schemas"])
    rows = (
        (
            f"`{method.upper()} {path}`",
            _who(method.upper(), path, one),
            _purpose(one),
            members(one["requestBody"]) if "requestBody" in one else "",
            "; ".join(_answers(one, members)),
        )
        for path, methods in described["paths"].items()
        for method, one in methods.items()
    )
    return _HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _who(method: str, path: str, one: dict[str, Any]) -> str:
    if "security" not in one:
        return "anyone"
    roles = [role for role in Role if Permission.of(method, path) in PERMISSIONS[role]]
    return "any role" if roles == list(Role) else ", ".join(roles) or "nobody"


def _purpose(one: dict[str, Any]) -> str:
    parameters = one.get("parameters", [])
    query = [f"`{each['name']}`" for each in parameters if each["in"] == "query"]
    headers = [f"{'needs' if each['required'] else 'heeds'} `{each['name']}`"
               for each in parameters if each["in"] == "header"]  # fmt: skip
    more = [*([f"query {', '.join(query)}"] if query else []), *headers]
    return f"{one['summary'].removesuffix('.')}{'; ' if more else ''}{'; '.join(more)}"


def _answers(one: dict[str, Any], members: Callable[[dict[str, Any]], str]) -> Iterator[str]:
    for status, answer in one["responses"].items():
        if int(status) < _REFUSALS:
            headers = [f"`{name}`" for name in answer["headers"] if name != REQUEST_ID_HEADER]
            content = members(answer) if "content" in answer else ""
            yield " ".join(
                [status, *([content] if content else []), *(["with", ", ".join(headers)] if headers else [])]
            )


def _members(schemas: dict[str, Any], part: dict[str, Any]) -> str:
    """Return the names of the members that a body or an answer may have."""
    schema = part["content"]["application/json"]["schema"]
    found = [_resolved(schemas, each) for each in schema.get("anyOf", [schema])]
    return " or ".join(f"`{', '.join(each['properties'])}`" for each in found if "properties" in each)


def _resolved(schemas: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema)


if __name__ == "__main__":
    sys.exit(main())
