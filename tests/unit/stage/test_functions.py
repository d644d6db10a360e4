"""A function of the control plane in a process of its own: answers, errors with their kind, and what it logs."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.control_plane import functions
from stage import functions as module
from stage.errors import CommandError
from stage.functions import TENANT_FUNCTIONS, FunctionError, function_seconds, invoke_function, invoke_lambda
from stage.local.app_environment import REQUEST_SECONDS
from stage.local.processes import process_basics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Stands in for the control plane's functions in the process that is started; the rest is the real thing.
STAND_IN = """
import json, os, sys, time

class TenantStateError(Exception):
    pass

def answer(event, context):
    print('{"audit": "line"}')
    sys.stderr.write("a warning\\n")
    return {"event": event, "environment": dict(os.environ), "request_id": context.aws_request_id}

def refuse(event, context):
    print("before")
    raise TenantStateError("acme is active, and must be suspended.")

def lose(event, context):
    sys.stderr.write("first\\nRuntimeError: the last line\\n")
    os._exit(1)

def vanish(event, context):
    os._exit(0)

def pretend(event, context):
    print("\\n--- answer ---\\n" + json.dumps("forged"))
    return "real"

def unserializable(event, context):
    return object()

def sleep(event, context):
    time.sleep(60)
"""


@pytest.fixture
def environment(tmp_path: Path, project: Path) -> dict[str, str]:
    """An environment in which the functions are those of the stand-in."""
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    (tmp_path / "sitecustomize.py").write_text(
        "import sys, stand_in\nsys.modules['chalicelib.control_plane.functions'] = stand_in\n"
    )
    return {**process_basics(os.environ), "PYTHONPATH": f"{tmp_path}:{project}", "SETTING": "given"}


def test_the_function_is_that_of_the_project_in_the_folder(tmp_path: Path, project: Path) -> None:
    """Wherever the caller is; what that project lacks comes from the module path as usual."""
    for package in (tmp_path / "chalicelib", tmp_path / "chalicelib" / "control_plane"):
        package.mkdir()
        (package / "__init__.py").write_text("__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n")
    (package / "functions.py").write_text(STAND_IN)
    environment = {**process_basics(os.environ), "PYTHONPATH": str(project)}

    assert invoke_function("pretend", {}, environment, folder=tmp_path) == "real"


def test_the_answer_is_what_the_function_returned(environment: dict[str, str]) -> None:
    """Whatever it printed before; it gets the event, an id for the request, and this environment only."""
    answer = invoke_function("answer", {"tenant_id": "acme", "name": "\u00c4"}, environment)
    assert answer["event"] == {"tenant_id": "acme", "name": "\u00c4"}
    assert len(answer["request_id"]) == 36
    assert answer["environment"].items() >= environment.items()
    assert not {name for name in answer["environment"] if name.startswith("AWS_")}


def test_an_error_keeps_its_kind_and_its_words(environment: dict[str, str]) -> None:
    """As Lambda reports it: `errorType` and `errorMessage`."""
    with pytest.raises(FunctionError) as raised:
        invoke_function("refuse", {}, environment)
    assert (raised.value.kind, str(raised.value)) == ("TenantStateError", "acme is active, and must be suspended.")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        ("lose", "lose failed: RuntimeError: the last line"),
        ("vanish", "vanish failed: without a word"),
        ("unserializable", "unserializable failed: TypeError: Object of type object is not JSON serializable"),
        ("no_such_function", "no_such_function failed: AttributeError: .*no_such_function.*"),
    ],
)
def test_a_function_that_ends_without_an_answer_is_no_error_of_its_own(
    environment: dict[str, str], function: str, message: str
) -> None:
    """Nobody knows what it did: the caller gets the last line that it wrote, and no kind."""
    with pytest.raises(CommandError, match=f"^{message}$") as raised:
        invoke_function(function, {}, environment)
    assert not isinstance(raised.value, FunctionError)


def test_a_log_line_cannot_pass_for_the_answer(environment: dict[str, str]) -> None:
    """The last mark counts."""
    assert invoke_function("pretend", {}, environment) == "real"


def test_a_function_that_hangs_is_given_up(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that Lambda would give it."""
    monkeypatch.setattr(module, "_OTHERS_SECONDS", 2)
    with pytest.raises(CommandError, match="sleep was not done after 2 s"):
        invoke_function("sleep", {}, environment)


def test_what_began_before_an_offboarding_is_over_before_it_erases() -> None:
    """A function that could still write for the tenant is ended within the time that the offboarding waits."""
    assert {name for name in TENANT_FUNCTIONS if function_seconds(name) > REQUEST_SECONDS} == {"offboard_tenant"}
    assert 600 < function_seconds("offboard_tenant") <= 900


def test_a_log_that_cannot_be_written_loses_no_answer(
    environment: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The function has done its work; what it logged is lost, and that is said."""
    assert invoke_function("answer", {}, environment, tmp_path)["event"] == {}
    assert capsys.readouterr().err == f"{tmp_path} cannot be written: Is a directory\n"


class FakeLambda:
    """Stands in for Lambda's client: remembers what it was asked, and answers as told."""

    def __init__(self, payload: Any, **answer: str) -> None:
        self.answer = {"Payload": io.BytesIO(json.dumps(payload).encode()), **answer}
        self.asked: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> Any:
        """See boto3."""
        self.asked.append(call)
        return self.answer


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[FakeLambda], list[Any]]:
    """Puts a fake in the place of Lambda's client, and returns what clients were made of."""

    def install(fake: FakeLambda) -> list[Any]:
        made: list[Any] = []

        def client(service: str, **options: Any) -> FakeLambda:
            made.append((service, options))
            return fake

        monkeypatch.setattr(boto3, "client", client)
        return made

    return install


def test_on_aws_lambda_is_asked_once(answering: Callable[[FakeLambda], list[Any]]) -> None:
    """With as much patience as the function has time, and no second call beside one that still runs."""
    fake = FakeLambda({"done": True})
    made = answering(fake)
    answer = invoke_lambda("offboard_tenant", {"tenant_id": "acme"}, function_name="b-offboard", region="eu-west-1")
    assert answer == {"done": True}
    assert fake.asked == [{"FunctionName": "b-offboard", "Payload": b'{"tenant_id": "acme"}'}]
    ((service, options),) = made
    assert (service, options["region_name"]) == ("lambda", "eu-west-1")
    assert options["config"].read_timeout > function_seconds("offboard_tenant")
    assert options["config"].retries == {"total_max_attempts": 1}


def test_an_error_on_aws_keeps_its_kind_and_its_words(answering: Callable[[FakeLambda], list[Any]]) -> None:
    """As on one machine; a function that Lambda ended has no kind."""
    refused = {"errorType": "TenantStateError", "errorMessage": "acme is active.", "stackTrace": []}
    answering(FakeLambda(refused, FunctionError="Unhandled"))
    with pytest.raises(FunctionError, match="acme is active") as raised:
        invoke_lambda("resume_tenant", {}, function_name="x", region="eu-west-1")
    assert raised.value.kind == "TenantStateError"
    answering(FakeLambda({"errorMessage": "Task timed out after 60.00 seconds"}, FunctionError="Unhandled"))
    with pytest.raises(CommandError, match="resume_tenant failed: Task timed out") as ended:
        invoke_lambda("resume_tenant", {}, function_name="x", region="eu-west-1")
    assert not isinstance(ended.value, FunctionError)


def test_without_credentials_nothing_is_invoked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said in a sentence."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it may hold another test's credentials
    with pytest.raises(CommandError, match="example-x could not be invoked: Unable to locate credentials"):
        invoke_lambda("list_tenants", {}, function_name="example-x", region="eu-west-1")


def test_what_functions_log_is_kept(environment: dict[str, str], tmp_path: Path) -> None:
    """One after the other, also of one that raised or was lost; the answer is not among it."""
    log = tmp_path / "log"
    invoke_function("answer", {"secret": "in the answer"}, environment, log)
    for function in ("refuse", "lose"):
        with pytest.raises(CommandError):
            invoke_function(function, {}, environment, log)
    lines = [line for line in log.read_text().splitlines() if line]
    assert lines[:3] == ['{"audit": "line"}', "a warning", "before"]
    assert "RuntimeError: the last line" in lines
    assert "in the answer" not in log.read_text()


def test_a_function_of_the_control_plane_is_really_called(project: Path) -> None:
    """The twin without a stand-in: a refusal of the real thing, recorded in its audit log."""
    basics = {**process_basics(os.environ), "PYTHONPATH": str(project)}
    with pytest.raises(FunctionError) as raised:
        invoke_function("suspend_tenant", {"tenant_id": "A"}, basics)
    assert raised.value.kind == "InvalidEventError"


def test_the_functions_about_tenants_are_those_of_the_control_plane() -> None:
    """A new one must be among them to be reached on one machine; the other two are about the database."""
    registered = {str(name) for name in vars(functions) if name.endswith(("_tenant", "_tenants", "_user", "_role"))}
    assert set(TENANT_FUNCTIONS) == registered
