"""The names under which a tenant is named: every one that the code could read, in requests that a server takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isolation.attack.names import CUSTOMARY, as_cookies, as_headers, as_query, names_in
from isolation.attack.outcomes import VICTIM
from isolation.attack.served import Served
from tests.unit.isolation.sample_app import ENTITIES, PERMISSIONS, PROBES, Data, SampleApp

if TYPE_CHECKING:
    from pathlib import Path

CODE = '''
"""A sentence is no name."""

class Question:
    """Another one."""

    workspace: str

def handler(request):
    one = request.query_params["x-space"] or request.headers.get("org.unit", f"no{request}ne")
    return one or request.query_params["filter[acct]"] or request.headers["~acct"] or request.headers["x-" + "a" + "b"]

last = f"x-{'firm'}", "t", "prefix-" + last
'''


def test_every_text_and_field_of_a_names_form_is_found(tmp_path: Path) -> None:
    """In files, and in folders at any depth; a folder that is not there holds none."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "code.py").write_text(CODE, encoding="utf-8")
    alone = tmp_path / "alone.py"
    alone.write_text('X = "of_a_file"', encoding="utf-8")

    assert set(names_in([tmp_path / "inner", alone, tmp_path / "missing"])) == {
        "workspace", "x-space", "org.unit", "no", "ne", "of_a_file", "filter[acct]", "~acct", "x-ab", "x-a",
        "x-", "a", "b", "x-firm", "firm", "t", "prefix-",
    }  # fmt: skip


def test_the_names_are_those_of_all_code_but_not_the_tenants(tmp_path: Path) -> None:
    """Whatever folder it is in: a view may hand its request to any of them."""
    folders = (("http", "shared"), ("data", "of_data"), ("entities/samples", "of_samples"), ("control_plane", VICTIM))
    for folder, name in folders:
        (tmp_path / "chalicelib" / folder).mkdir(parents=True)
        (tmp_path / "chalicelib" / folder / "code.py").write_text(f"X = {name!r}", encoding="utf-8")
    (tmp_path / "app.py").write_text('X = "of_app"', encoding="utf-8")
    served = Served(SampleApp(Data()).app.routes, ENTITIES, PROBES, tmp_path, PERMISSIONS)

    assert set(served.names) - set(CUSTOMARY) == {"shared", "of_samples", "of_data", "of_app"}


def test_headers_fit_into_a_request_and_leave_out_what_a_connection_needs() -> None:
    """Each name once, whatever its case; none that the route takes, or that is no header's."""
    names = [f"name{number}" for number in range(130)]

    lists = as_headers([*names, "NAME1", "Authorization", "host", "If-Match", "a b", "X-Mine"], ["x-mine"])

    assert [each for some in lists for each in some if each.lower() != "name1"] == [n for n in names if n != "name1"]
    assert all(len(some) < 90 for some in lists)


def test_a_query_is_short_enough_for_a_request_line() -> None:
    """Of less than 6 kB; a name that the route takes is tried by itself."""
    names = [f"a-rather-long-name-{number}" for number in range(600)]

    lists = as_query([*names, names[0], "limit"], ["limit"], "globex")

    assert [each for some in lists for each in some] == names
    assert all(sum(len(f"&{each}=globex") for each in some) < 6_000 for some in lists)


def test_cookies_fit_into_a_header() -> None:
    """Each name that a cookie can have, in headers of less than 6 kB."""
    names = [f"a-rather-long-name-{number}" for number in range(600)]

    lists = as_cookies([*names, "filter[acct]", names[0], "authorization"], "globex")

    assert [each for some in lists for each in some] == [*names, "authorization"]
    assert all(sum(len(f"{each}=globex; ") for each in some) < 6_000 for some in lists)
