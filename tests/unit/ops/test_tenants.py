"""The tenants' command-line tool: what it asks for, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ops import tenants
from stage.document import Stage
from stage.errors import CommandError
from stage.functions import TENANT_FUNCTIONS, FunctionError
from stage.local.processes import process_basics
from tests.unit.stage.test_document import STAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DONE, FAILED, REFUSED = 0, 1, 2


class FakeFunctions:
    """Stands in for the functions: answers one after the other as told, and remembers what they were asked."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.environments: list[dict[str, str]] = []
        self.slept: list[float] = []

    def invoke(self, name: str, event: dict[str, Any], environment: dict[str, str], _: Path) -> Any:
        """See stage.functions.invoke_function."""
        self.asked.append((name, event))
        self.environments.append(environment)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Tool:
    """The tool on a stage whose functions are fakes."""

    def __init__(self, stage: Path, functions: FakeFunctions, capsys: pytest.CaptureFixture[str]) -> None:
        self.stage = stage
        self.functions = functions
        self._capsys = capsys

    def __call__(self, *arguments: str, answers: list[Any]) -> tuple[int, str, str]:
        """Run a command, and return how it ended, what it printed and what it said on standard error."""
        self.functions.answers = list(answers)
        self._capsys.readouterr()
        try:
            code = tenants.main([*arguments, "--stage", str(self.stage), "--actor", "operator"])
        except SystemExit as ended:  # argparse
            code = int(str(ended.code))
        written = self._capsys.readouterr()
        return code, written.out, written.err


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Tool]:
    """The tool; a pause takes no time, and what it does to the environment is undone."""
    environment = {name: {"AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{name}-token"} for name in TENANT_FUNCTIONS}
    STAGE.model_copy(update={"functions": environment}).save(tmp_path / "stage.json")
    functions, before = FakeFunctions(), dict(os.environ)
    monkeypatch.setattr(tenants, "invoke_function", functions.invoke)
    monkeypatch.setattr("ops.tenants.time.sleep", functions.slept.append)
    monkeypatch.setenv("COLUMNS", "200")
    yield Tool(tmp_path / "stage.json", functions, capsys)
    os.environ.clear()
    os.environ.update(before)


def tenant(tenant_id: str, status: str = "active", **more: str) -> dict[str, str]:
    """Return a tenant as the functions answer it."""
    return {
        "tenant_id": tenant_id,
        "display_name": f"{tenant_id} Inc.",
        "admin_email": f"admin@{tenant_id}.example.com",
        "status": status,
        "created_at": "2026-01-01T12:00:00+00:00",
        "changed_at": "2026-02-03T12:00:00+00:00",
        **more,
    }


def page(*found: dict[str, str], next_id: str | None = None) -> dict[str, Any]:
    """Return a page of the list."""
    return {"tenants": list(found), "next": next_id}


def progress(phase: str, holding: int = 0, **more: Any) -> dict[str, Any]:
    """Return an answer of offboard_tenant."""
    done = phase == "done"
    answer = {"tenant_id": "acme", "phase": phase, "done": done, "holding": holding, "holdings": 12, "rows": 7}
    return answer | {"status": "offboarded" if done else "offboarding"} | more


COMMANDS: list[tuple[list[str], str, dict[str, str]]] = [
    (
        ["onboard", "acme", "--name", "Acme Inc.", "--admin-email", "a@example.com"],
        "onboard_tenant",
        {"tenant_id": "acme", "display_name": "Acme Inc.", "admin_email": "a@example.com"},
    ),
    (["suspend", "acme"], "suspend_tenant", {"tenant_id": "acme"}),
    (["resume", "acme"], "resume_tenant", {"tenant_id": "acme"}),
    (
        ["invite", "acme", "b@example.com", "viewer"],
        "invite_user",
        {"tenant_id": "acme", "email": "b@example.com", "role": "viewer"},
    ),
    (
        ["set-role", "acme", "b@example.com", "admin"],
        "set_role",
        {"tenant_id": "acme", "email": "b@example.com", "role": "admin"},
    ),
    (["remove", "acme", "b@example.com"], "remove_user", {"tenant_id": "acme", "email": "b@example.com"}),
]


@pytest.mark.parametrize(("arguments", "function", "event"), COMMANDS, ids=[command[0][0] for command in COMMANDS])
def test_a_command_invokes_its_function_with_that_functions_own_role(
    tool: Tool, arguments: list[str], function: str, event: dict[str, str]
) -> None:
    """Once, with who asks; the answer is printed line by line, and nothing else."""
    code, out, err = tool(*arguments, answers=[tenant("acme")])
    assert (code, err) == (DONE, "")
    assert tool.functions.asked == [(function, {"actor": "operator", **event})]
    assert tool.functions.environments[0]["AWS_CONTAINER_AUTHORIZATION_TOKEN"] == f"{function}-token"
    assert re.search(r"^status +active$", out, re.MULTILINE)


@pytest.mark.parametrize("arguments", [command[0] for command in COMMANDS], ids=[command[0][0] for command in COMMANDS])
def test_with_json_the_answer_is_printed_as_it_came(tool: Tool, arguments: list[str]) -> None:
    """For other programs: nothing before or after it."""
    code, out, err = tool(*arguments, "--json", answers=[tenant("acme", display_name="\u00c4 [bold]")])
    assert (code, err) == (DONE, "")
    assert json.loads(out) == tenant("acme", display_name="\u00c4 [bold]")


def test_the_functions_get_nothing_of_the_operators_own_aws(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose profile is set in the shell must not matter."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "HTTP_PROXY"):
        monkeypatch.setenv(name, "operators-own")
    tool("suspend", "acme", answers=[tenant("acme")])
    assert "operators-own" not in tool.functions.environments[0].values()


@pytest.mark.parametrize("kind", ["InvalidEventError", "TenantExistsError", "TenantNotFoundError", "TenantStateError"])
def test_a_refusal_ends_with_2_and_its_words(tool: Tool, kind: str) -> None:
    """Nothing was changed; whatever markup the words hold is shown as it is, on one line."""
    words = f"acme is [bold]active[/x], {'and ' * 60}must be suspended."
    for more in ([], ["--json"]):
        code, out, err = tool("resume", "acme", *more, answers=[FunctionError(kind, words)])
        assert (code, out, err) == (REFUSED, "", f"refused: {words}\n")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(
            FunctionError("StoreUnavailableError", "Try again."),
            "failed: StoreUnavailableError: Try again.",
            id="something is away",
        ),
        pytest.param(FunctionError("KeyError", "'x'"), "failed: KeyError: 'x'", id="a bug"),
        pytest.param(FunctionError("ControlPlane", "x"), "failed: ControlPlane: x", id="an unknown kind"),
        pytest.param(FunctionError("annotations", "x"), "failed: annotations: x", id="a name that is no error"),
        pytest.param(CommandError("it was not done after 900 s"), "it was not done after 900 s", id="no answer"),
    ],
)
def test_a_failure_ends_with_1(tool: Tool, error: Exception, words: str) -> None:
    """Something may have been changed: that is no refusal."""
    code, out, err = tool("suspend", "acme", answers=[error])
    assert (code, out, err) == (FAILED, "", f"{words}\n")


def test_without_a_stage_nothing_is_asked(tool: Tool) -> None:
    """It ends with 2, and says how to get one."""
    tool.stage.unlink()
    code, out, err = tool("suspend", "acme", answers=[])
    assert (code, out) == (REFUSED, "")
    assert err.endswith("is not there: start a stage with `make dev`\n")
    assert tool.functions.asked == []


def test_on_aws_the_functions_are_invoked_through_lambda(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the names that the stage gives, with the caller's own settings."""
    on_aws = Stage.model_validate(
        STAGE.model_dump() | {"functions": {}, "lambda_functions": {"list_tenants": "b-list"}}
    )
    on_aws.save(tool.stage)
    monkeypatch.setenv("AWS_PROFILE", "operators-own")
    asked: list[Any] = []

    def invoke(name: str, event: dict[str, Any], **where: str) -> Any:
        asked.append((name, event, where, os.environ.get("AWS_PROFILE")))
        return page(tenant("acme"))

    monkeypatch.setattr(tenants, "invoke_lambda", invoke)
    code, out, _ = tool("list", "--json", answers=[])
    assert (code, [each["tenant_id"] for each in json.loads(out)]) == (DONE, ["acme"])
    where = {"function_name": "b-list", "region": "eu-central-1"}
    assert asked == [("list_tenants", {"limit": 100, "actor": "operator"}, where, "operators-own")]
    assert "operator" not in json.loads(tool.stage.read_text()), "no keys and passwords in a document of AWS"


def test_a_stage_of_another_version_is_said_to_be_one(tool: Tool) -> None:
    """Its document may lack a function."""
    STAGE.save(tool.stage)
    code, out, err = tool("suspend", "acme", answers=[])
    assert (code, out) == (FAILED, "")
    assert err.startswith("the stage has no function suspend_tenant: it was started by another version")


def test_a_folder_is_no_stage(tool: Tool, tmp_path: Path) -> None:
    """Said in a sentence, as everything that is wrong with the document."""
    tool.stage.unlink()
    (tmp_path / "stage.json").mkdir()
    code, _, err = tool("list", answers=[])
    assert (code, err.splitlines()[0].endswith("cannot be read: Is a directory")) == (REFUSED, True)


def test_a_terminal_without_the_names_letters_shows_them_escaped(tmp_path: Path, project: Path) -> None:
    """Whatever tenants are called, the list is printed; a reader who leaves early gets no traceback."""
    (tmp_path / "sitecustomize.py").write_text(
        "import stage.functions\n"
        "stage.functions.invoke_function = lambda *_: {'next': None, 'tenants': [\n"
        f"    {tenant('acme', display_name='Ä')!r} | {{'tenant_id': f't{{n}}'}} for n in range(5000)]}}\n"
    )
    STAGE.model_copy(update={"functions": {"list_tenants": {}}}).save(tmp_path / "stage.json")
    command = f"{sys.executable} -m ops.tenants list --stage {tmp_path}/stage.json"
    environment = {**process_basics(os.environ), "PYTHONPATH": f"{tmp_path}:{project}", "PYTHONIOENCODING": "ascii"}
    for pipe, code, lines in (("cat", 0, 5001), ("head -n 2", 1, 2)):
        ran = subprocess.run(
            ["/bin/bash", "-c", f"set -o pipefail; {command} | {pipe}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (code, "")
        assert len(ran.stdout.splitlines()) == lines
        assert "\\xc4" in ran.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["erase", "acme"],
        ["suspend"],
        ["onboard", "acme"],
        ["onboard", "acme", "--name", "Acme"],
        ["onboard", "acme", "--admin-email", "a@example.com"],
        ["invite", "acme", "b@example.com"],
        ["invite", "acme", "b@example.com", "root"],
        ["list", "acme"],
        ["offboard", "acme", "--force"],
    ],
    ids=" ".join,
)
def test_a_command_that_is_none_ends_with_2(tool: Tool, arguments: list[str]) -> None:
    """Before anything is asked."""
    code, out, err = tool(*arguments, answers=[])
    assert (code, out, tool.functions.asked) == (REFUSED, "", [])
    assert err.startswith("usage: python -m ops.tenants")


@pytest.mark.parametrize(
    "command", ["", "onboard", "suspend", "resume", "offboard", "list", "invite", "set-role", "remove"]
)
def test_help_is_there_for_every_command(tool: Tool, command: str) -> None:
    """With all that it takes."""
    code, out, _ = tool(*filter(None, [command]), "--help", answers=[])
    assert code == DONE
    assert len(out.splitlines()) > 5


def test_the_help_names_every_command(tool: Tool) -> None:
    """With a line each."""
    _, out, _ = tool("--help", answers=[])
    for command in ("onboard", "suspend", "resume", "offboard", "list", "invite", "set-role", "remove"):
        assert re.search(rf"^ +{command} +\w+", out, re.MULTILINE)


def test_all_pages_are_listed_in_one_table_in_order(tool: Tool) -> None:
    """DynamoDB has no order; those that were offboarded are left out."""
    pages = [page(tenant("globex"), tenant("old", "offboarded"), next_id="old"), page(tenant("acme", "suspended"))]
    code, out, err = tool("list", answers=pages)
    assert (code, err) == (DONE, "")
    lines = [line.split() for line in out.splitlines()]
    assert lines == [
        ["tenant", "name", "status", "administrator", "created", "changed"],
        ["acme", "acme", "Inc.", "suspended", "admin@acme.example.com", "2026-01-01", "2026-02-03"],
        ["globex", "globex", "Inc.", "active", "admin@globex.example.com", "2026-01-01", "2026-02-03"],
    ]
    first, second = (event for _, event in tool.functions.asked)
    assert "after" not in first
    assert second == {**first, "after": "old"}


def test_an_offboarded_tenant_is_listed_when_asked_for(tool: Tool) -> None:
    """It is a tombstone, without name and address."""
    tombstone = tenant("old", "offboarded", display_name="", admin_email="")
    code, out, _ = tool("list", "--all", "--json", answers=[page(tombstone, tenant("acme"))])
    assert code == DONE
    assert json.loads(out) == [tenant("acme"), tombstone]


def test_an_empty_list_is_a_table_without_rows(tool: Tool) -> None:
    """And an empty list as JSON."""
    assert tool("list", answers=[page()])[0] == DONE
    assert tool("list", "--json", answers=[page()])[1] == "[]\n"


@pytest.mark.parametrize("name", ["[bold]Acme[/]", "[/x]", "Acme \\", "[link=https://evil.example]x", ":smile:", "[1]"])
def test_a_name_is_shown_as_it_is(tool: Tool, name: str) -> None:
    """It is somebody's text and no markup: neither in the table nor in the lines of one tenant."""
    code, out, _ = tool("list", answers=[page(tenant("acme", display_name=name))])
    assert code == DONE
    assert name in out
    code, out, _ = tool("suspend", "acme", answers=[tenant("acme", display_name=name)])
    assert code == DONE
    assert f"display_name   {name}\n" in out


def test_nothing_is_cut_off_on_a_narrow_terminal(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenant id that ends in dots could be any."""
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = tool("list", answers=[page(tenant("q" * 32, display_name="Acme", admin_email="a@example.com"))])
    assert out.count("q") == 32
    assert "\u2026" not in out


def test_an_offboarding_is_called_on_until_it_is_done(tool: Tool) -> None:
    """Pausing only while it waits, and never for long; the receipt's place is printed at the end."""
    answers = [
        progress("wait", wait_seconds=62.5),
        progress("wait", wait_seconds=1.5),
        progress("export", 3),
        progress("erase", 5),
        progress("done", 12, receipt="s3://exports/acme/receipt.json"),
    ]
    code, out, err = tool("offboard", "acme", "--confirm", "acme", answers=answers)
    assert code == DONE
    event = {"actor": "operator", "tenant_id": "acme", "confirm": "acme"}
    assert tool.functions.asked == [("offboard_tenant", event)] * 5
    assert tool.functions.slept == [5.0, 1.5, 0.0, 0.0]
    assert "s3://exports/acme/receipt.json" in out
    assert "12/12" in err
    assert "done (7 rows exported)" in err


def test_an_offboarding_with_json_prints_its_last_answer_and_no_bar(tool: Tool) -> None:
    """For other programs."""
    code, out, err = tool(
        "offboard", "acme", "--confirm", "acme", "--json", answers=[progress("export"), progress("done", receipt="x")]
    )
    assert (code, err) == (DONE, "")
    assert json.loads(out) == progress("done", receipt="x")


def test_an_offboarding_without_its_confirmation_asks_the_function_all_the_same(tool: Tool) -> None:
    """It is the function that refuses: no other caller can leave it out either. No bar is begun."""
    refusal = FunctionError("InvalidEventError", "confirm: must repeat the tenant id")
    code, out, err = tool("offboard", "acme", answers=[refusal])
    assert (code, out, err) == (REFUSED, "", "refused: confirm: must repeat the tenant id\n")
    assert tool.functions.asked[0][1]["confirm"] == ""


def test_an_offboarding_outlasts_what_is_away_for_a_moment(tool: Tool) -> None:
    """It may take hours; each invocation goes on where the registry says that it is."""
    away = FunctionError("StoreUnavailableError", "away")
    answers = [away, progress("export"), *[away] * 4, progress("done", receipt="x")]
    code, _, _ = tool("offboard", "acme", "--confirm", "acme", answers=answers)
    assert code == DONE
    assert len(tool.functions.asked) == 7


def test_an_offboarding_gives_up_on_what_stays_away(tool: Tool) -> None:
    """After five tries, with 1: it is not done."""
    answers: list[Any] = [progress("export"), *[FunctionError("DatabaseUnavailableError", "away")] * 9]
    code, out, err = tool("offboard", "acme", "--confirm", "acme", answers=answers)
    assert (code, out) == (FAILED, "")
    assert err.endswith("failed: DatabaseUnavailableError: away\n")
    assert len(tool.functions.asked) == 6


def test_an_offboarding_that_fails_otherwise_is_not_tried_again(tool: Tool) -> None:
    """A bug does not go away by waiting."""
    answers = [progress("export"), FunctionError("KeyError", "'x'")]
    code, _, _ = tool("offboard", "acme", "--confirm", "acme", answers=answers)
    assert code == FAILED
    assert len(tool.functions.asked) == 2


def test_no_other_command_is_repeated(tool: Tool) -> None:
    """An invitation whose answer was lost may have been sent."""
    answers = [FunctionError("StoreUnavailableError", "away")] * 2
    code, _, _ = tool("invite", "acme", "b@example.com", "viewer", answers=answers)
    assert code == FAILED
    assert len(tool.functions.asked) == 1
