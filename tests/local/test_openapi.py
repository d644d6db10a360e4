"""The running API does what its OpenAPI document says, as schemathesis judges it.

schemathesis runs as a command: its plugin for pytest would meddle with every other test.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.config import Strategy
from chalicelib.entities import ENTITIES
from stage.local.processes import process_basics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stage.document import LocalStage
    from stage.http_api import Api
    from stage.local.stack import LocalStack
    from tests.support.people import Person

    Run = Callable[..., subprocess.CompletedProcess[str]]


# How credentials are vended is in no document: one strategy does.
pytestmark = [
    pytest.mark.evidence,
    pytest.mark.parametrize("strategy", [Strategy.WEB_IDENTITY], indirect=True, scope="session"),
]

TENANT = "acme10"  # whose lists no other test expects to be empty unless it empties them itself
#: All checks are on, except where a comment says why not.
CONFIG = """
[generation]
deterministic = true

[phases.fuzzing.error-feedback]
enabled = false  # it learns constraints from the wording of refusals; here the document alone counts

[checks.missing_required_header]
expected-statuses = [400, 401, 403, 428]  # 428: RFC 6585 section 3

[checks.positive_data_acceptance]
# A request may be well-formed and come too late (412, 409), or name what is not there or not the caller's (404, 403).
expected-statuses = ["2xx", 401, 403, 404, 409, 412]
"""
SECONDS_AN_OPERATION = 20  # a bound, not a measurement
ADDRESSES = ["ann@example.com", "bob@example.com", "cai@example.com"]


def _config(document: Any) -> str:
    """Return the configuration, with what no schema can say of an operation."""
    dictionaries, operations = [f"addresses = {{ values = {json.dumps(ADDRESSES)} }}"], []
    for number, (name, operation) in enumerate(_operations(document).items()):
        parameters = {each["name"]: each for each in operation.get("parameters", [])}
        given, lines = {}, []
        # Nor which domains take mail (RFC 6761),
        for field in _fields_of_format(document, operation, "email"):
            given[f"body.{field}"] = "addresses"
        # nor that a cursor is one that the list has returned,
        if "cursor" in parameters:
            dictionaries.append(f"cursors_{number} = {{ values = {json.dumps([parameters['cursor']['example']])} }}")
            given["query.cursor"] = f"cursors_{number}"
        if given:
            pairs = (f"{json.dumps(key)} = {{ dictionary = {json.dumps(value)} }}" for key, value in given.items())
            lines.append(f"parameters = {{ {', '.join(pairs)} }}")
        # nor that parameters of a query go together, or do not.
        if {each["name"] for each in parameters.values() if each["in"] == "query"} - {"limit", "cursor"}:
            lines.append("checks.positive_data_acceptance.enabled = false")
        # schemathesis 4.32 finds no value for an optional header with a pattern, and sends 0 as a good one.
        if any(each["in"] == "header" and not each.get("required") for each in parameters.values()):
            lines.append("phases.coverage.checks.positive_data_acceptance.enabled = false")
        if lines:
            operations.append("\n".join(["[[operations]]", f"include-name = {json.dumps(name)}", *lines]))
    return "\n".join([CONFIG, "[dictionaries]", *dictionaries, "", *operations, ""])


def _fields_of_format(document: Any, operation: Any, wanted: str) -> list[str]:
    """Return the fields of an operation's body that have a format."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return [name for name, field in schema.get("properties", {}).items() if field.get("format") == wanted]


class Report:
    """What schemathesis did, and what came of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def statuses(self) -> dict[str, set[int]]:
        """Return the statuses of the answers, by operation."""
        statuses: dict[str, set[int]] = defaultdict(set)
        for recorder in self._recorders():
            for case_id, exchange in recorder["interactions"].items():
                case = recorder["cases"][case_id]["value"]
                if exchange["response"]:
                    statuses[f"{case['method']} {case['path']}"].add(exchange["response"]["status_code"])
        return statuses

    def failed_checks(self) -> set[str]:
        """Return the names of the checks that failed."""
        checks = (check for recorder in self._recorders() for found in recorder["checks"].values() for check in found)
        return {check["name"] for check in checks if check["status"] == "failure"}

    def _recorders(self) -> Iterator[Any]:
        for line in self._path.read_text().splitlines():
            finished = json.loads(line).get("ScenarioFinished")
            if finished and "interactions" in finished["recorder"]:
                yield finished["recorder"]


@pytest.fixture
def schemathesis(stage: LocalStage, tmp_path: Path) -> Run:
    """Return a function that holds the API against a document, as the bearer of a token or as anyone."""

    def run(document: Any, token: str, *options: str) -> subprocess.CompletedProcess[str]:
        config, described = tmp_path / "schemathesis.toml", tmp_path / "openapi.json"
        config.write_text(_config(document) + (f'[headers]\nAuthorization = "Bearer {token}"\n' if token else ""))
        described.write_text(json.dumps(document))  # from its URL, schemathesis would leave that URL out
        command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config), "run"]
        report = ["--warnings", "off", "--report", "ndjson", "--report-ndjson-path", str(tmp_path / "report.ndjson")]
        return subprocess.run(
            [*command, str(described), "--url", stage.api_url, *report, *options],
            cwd=tmp_path,
            env=process_basics(os.environ),
            capture_output=True,
            text=True,
            timeout=SECONDS_AN_OPERATION * len(_operations(document)),
            check=False,
        )

    return run


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Return the report that schemathesis leaves."""
    return Report(tmp_path / "report.ndjson")


@pytest.fixture
def document(anyone: Api) -> Any:
    """Return the document that the API answers."""
    return anyone.call("GET", "/openapi.json").body


def _operations(document: Any) -> dict[str, Any]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_the_document_is_there_for_anyone(anyone: Api) -> None:
    """As JSON, with the CORS headers of every answer."""
    answer = anyone.call("GET", "/openapi.json")

    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert answer.body["openapi"].startswith("3.1.")
    assert answer.headers["access-control-allow-origin"] == "http://127.0.0.1:8080"


@pytest.mark.parametrize("role", ["member", "admin"])
def test_every_answer_to_a_signed_in_user_is_as_documented(
    stack: LocalStack, schemathesis: Run, document: Any, report: Report, person: Callable[..., Person], *, role: str
) -> None:
    """Status, headers and body, for good requests and bad; every operation that the role opens also succeeds."""
    _add_a_row_to_each_entity(person(TENANT, "admin"), f"a-row-for-the-{role}")
    permissions = json.loads((stack.project / "chalicelib" / "permissions.json").read_text())

    done = schemathesis(document, person(TENANT, role).id_token, "--max-examples", "10")

    assert done.returncode == 0, done.stdout
    statuses = report.statuses()
    for name, operation in _operations(document).items():
        right = permissions["routes"].get(re.sub(r"{[^/]+}", "*", name))
        if "security" in operation and role not in permissions["rights"].get(right, []):
            assert statuses[name] <= {401, 403}, name
        else:
            assert statuses[name] & {200, 201, 204}, name


def _add_a_row_to_each_entity(admin: Person, text: str) -> None:
    """Let each list hold a row, also where the role that asks may write none."""
    admin.create(text)
    admin.add_penpal(f"{text}@example.com", text)
    for entity in ENTITIES:
        probe = entity.probe()
        method, path = ("PUT", f"/{entity.name}/{probe.row_id}") if probe.row_id else ("POST", f"/{entity.name}")
        assert admin.call(method, path, body=probe.body(text)).status in {200, 201, 409}


def test_every_answer_to_anyone_is_as_documented(schemathesis: Run, document: Any, report: Report) -> None:
    """Without a token, what has a security requirement answers 401, whatever else is wrong; the rest succeeds."""
    done = schemathesis(document, "", "--max-examples", "5", "--phases", "coverage,fuzzing")

    assert done.returncode == 0, done.stdout
    statuses = report.statuses()
    for name, operation in _operations(document).items():
        assert statuses[name] == ({401} if "security" in operation else {200, 415}), name


def test_a_document_that_says_otherwise_would_be_noticed(
    schemathesis: Run, document: Any, report: Report, person: Callable[..., Person]
) -> None:
    """The canary of the tests above: one untruth for each check."""
    paths, components = document["paths"], document["components"]
    del paths["/me"]["get"]["responses"]["401"]
    components["schemas"]["MeAnswer"]["properties"]["tenant"] = {"type": "integer"}
    components["headers"]["X-Request-Id"]["schema"] = {"type": "integer"}
    paths["/openapi.json"]["get"]["responses"]["200"]["content"] = {"text/html": {}}
    paths["/health"]["get"]["security"] = [{"idToken": []}]
    _limit(paths["/anvils"])["maximum"] = 1000
    _limit(paths["/penpals"])["maximum"] = 10
    del paths["/anvils"]["post"]

    options = ["--phases", "coverage", "--continue-on-failure", "--include-method", "GET"]
    done = schemathesis(document, person(TENANT).id_token, *options)

    assert done.returncode == 1, done.stdout
    assert report.failed_checks() == {
        "status_code_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
        "content_type_conformance",
        "ignored_auth",
        "missing_required_header",
        "positive_data_acceptance",
        "negative_data_rejection",
        "unsupported_method",
    }


def _limit(path: Any) -> Any:
    return next(each["schema"] for each in path["get"]["parameters"] if each["name"] == "limit")
