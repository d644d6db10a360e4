"""The audit log: one structured JSON line for each action."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import PRODUCT
from chalicelib.tenancy.audit import Outcome, record
from tests.unit.chalicelib.audit_lines import audit_lines, without_what_every_line_has

if TYPE_CHECKING:
    from tests.support.fresh_python import RunPython

LINE: dict[str, Any] = {"tenant": "acme", "actor": "operator", "request_id": "r-1"}

RECORD = """
import contextlib, io, json, logging
logging.basicConfig(level=logging.DEBUG)  # as Lambda's own root handler
out, err = io.StringIO(), io.StringIO()
with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
    from chalicelib.tenancy.audit import Outcome, record
    record("onboard_tenant", Outcome.REFUSED, tenant="acme", actor="x", request_id="r")
print(json.dumps([out.getvalue().splitlines(), err.getvalue()]))
"""


def test_a_line_says_who_did_what_for_which_tenant_with_which_outcome() -> None:
    """And nothing else but when, and that it is the audit log's."""
    with audit_lines() as lines:
        record("suspend_tenant", Outcome.SUCCEEDED, **LINE)
    (line,) = lines()
    datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z")
    assert (line["level"], line["message"]) == ("INFO", "audit")
    assert line["service"] == "audit"
    assert without_what_every_line_has(line) == {
        "action": "suspend_tenant",
        "outcome": "succeeded",
        "tenant": "acme",
        "actor": "operator",
        "request_id": "r-1",
    }


def test_a_reason_names_a_class_of_errors() -> None:
    """It is there when something was refused or failed."""
    with audit_lines() as lines:
        record("suspend_tenant", Outcome.REFUSED, **LINE, reason="TenantStateError")
        record("suspend_tenant", Outcome.SUCCEEDED, **LINE)
    assert [line.get("reason") for line in lines()] == ["TenantStateError", None]


@pytest.mark.parametrize("text", ["a\nb", '"}\n{"outcome": "succeeded"', "\u2028", "\x1b[2J", "\U0001f600", "{}"])
def test_nothing_that_a_field_holds_makes_another_line_or_field(text: str) -> None:
    """A name that holds a line end must not forge a line."""
    with audit_lines() as lines:
        record(text, Outcome.FAILED, tenant=text, actor=text, request_id=text, reason=text)
    (line,) = lines()
    assert {line[name] for name in ("action", "tenant", "actor", "request_id", "reason")} == {text}
    assert line["outcome"] == "failed"


def test_beside_the_app_the_line_comes_once_and_the_apps_own_log_stays_apart(run_python: RunPython) -> None:
    """Chalice has a logger of the app's name, with a handler of its own: sharing it would write each line twice.

    And an unexpected error's traceback, which Chalice logs there, would come in the form of the audit log.
    """
    code = RECORD.replace(
        "    from chalicelib.tenancy.audit", "    from app import app\n    from chalicelib.tenancy.audit"
    ).replace("print(json", "    app.log.error('Caught exception')\nprint(json")
    lines, _ = run_python(code)
    assert [line for line in lines if "audit" in line] == [
        line for line in lines if '"action":"onboard_tenant"' in line
    ]
    assert [line for line in lines if "Caught exception" in line] == [f"{PRODUCT} - ERROR - Caught exception"]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"POWERTOOLS_LOG_LEVEL": "ERROR"},
        {"LOG_LEVEL": "ERROR"},
        {"POWERTOOLS_METRICS_DISABLED": "1"},
        {"POWERTOOLS_SERVICE_NAME": "other"},
    ],
    ids=lambda environment: next(iter(environment), "none"),
)
def test_no_variable_of_the_environment_switches_the_audit_off(
    run_python: RunPython, environment: dict[str, str]
) -> None:
    """The line comes once, on standard output: the root logger's handlers do not write it a second time."""
    lines, other = run_python(RECORD, environment)
    assert len(lines) == 1
    assert '"action":"onboard_tenant"' in lines[0]
    assert "onboard_tenant" not in other
