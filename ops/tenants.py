"""The tenants of a stage: onboard, suspend, resume, offboard and list them, and invite, remove and change their users.

Each command invokes a function of the control plane, which alone has the rights for it.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from chalicelib import errors
from stage.document import DEFAULT_PATH, Stage
from stage.errors import CommandError
from stage.functions import FUNCTIONS_LOG, FunctionError, invoke_function, invoke_lambda
from stage.local.processes import process_basics
from stage.shell import forget_aws_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROLES = ("viewer", "member", "admin")
_LONGEST_PAUSE = 5.0  # seconds, while an offboarding waits for the authorizer's cache to expire
_PAUSE, _ATTEMPTS = 2.0, 5
_PAGE = 100
_FAILED, _REFUSED = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 when it is done, 2 when it was refused and nothing changed, 1 when it failed."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a terminal may know ASCII only
    console = Console(stderr=True, highlight=False)
    try:
        stage = Stage.load(options.stage)
    except CommandError as error:
        _say(console, str(error))
        return _REFUSED

    def invoke(function: str, event: dict[str, Any]) -> Any:
        return _invoke(function, {"actor": options.actor, **event}, stage, options.stage.parent / FUNCTIONS_LOG)

    try:
        answer = options.run(invoke, options, console)
    except FunctionError as error:
        refused = _is(error, errors.ControlPlaneError)
        _say(console, f"refused: {error}" if refused else f"failed: {error.kind}: {error}")
        return _REFUSED if refused else _FAILED
    except CommandError as error:
        _say(console, str(error))
        return _FAILED
    try:
        _print(answer, options)
        sys.stdout.flush()
    except BrokenPipeError:
        console.on_broken_pipe()  # whoever read has read enough
    return 0


def _invoke(function: str, event: dict[str, Any], stage: Stage, log: Path) -> Any:
    """Invoke a function where the stage has it: on AWS with the caller's credentials, on one machine with its own."""
    if function in stage.lambda_functions:
        return invoke_lambda(function, event, function_name=stage.lambda_functions[function], region=stage.region)
    if function not in stage.functions:
        raise CommandError(f"the stage has no function {function}: it was started by another version, start it again")
    forget_aws_settings()
    return invoke_function(function, event, {**process_basics(os.environ), **stage.functions[function]}, log)


def _say(console: Console, sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)


def _is(error: FunctionError, kind: type[Exception]) -> bool:
    """Return whether the function raised an error of this kind; only the name of its class comes over."""
    known = getattr(errors, error.kind, None)
    return isinstance(known, type) and issubclass(known, kind)


def _patiently(invoke: Any, function: str, event: dict[str, Any]) -> Any:
    """Invoke a function that can be repeated, some times more when something that it needs is away for a moment."""
    for attempts_left in reversed(range(_ATTEMPTS)):
        try:
            return invoke(function, event)
        except FunctionError as error:
            if not attempts_left or not _is(error, errors.UnavailableError):
                raise
            time.sleep(_PAUSE)
    raise AssertionError("the last attempt raises")


def _simple(function: str, *fields: str) -> Callable[..., Any]:
    def run(invoke: Any, options: argparse.Namespace, _: Console) -> Any:
        return invoke(function, {field: getattr(options, field) for field in fields})

    return run


def _list(invoke: Any, options: argparse.Namespace, _: Console) -> Any:
    tenants: list[Any] = []
    after: dict[str, Any] = {}
    while True:
        page = invoke("list_tenants", {"limit": _PAGE, **after})
        tenants += page["tenants"]
        if page["next"] is None:
            shown = [each for each in tenants if options.all or each["status"] != "offboarded"]
            return sorted(shown, key=lambda tenant: tenant["tenant_id"])
        after = {"after": page["next"]}


def _offboard(invoke: Any, options: argparse.Namespace, console: Console) -> Any:
    """Call the function until it is done, and show how far it is."""
    event = {"tenant_id": options.tenant_id, "confirm": options.confirm}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    answer = _patiently(invoke, "offboard_tenant", event)
    with Progress(*columns, console=console, disable=options.json) as progress:
        task = progress.add_task("begun", total=answer["holdings"])
        while True:
            description = f"{answer['phase']} ({answer['rows']} rows exported)"
            progress.update(task, description=description, total=answer["holdings"], completed=answer["holding"])
            if answer["done"]:
                progress.update(task, completed=answer["holdings"])
                return answer
            time.sleep(min(answer.get("wait_seconds", 0.0), _LONGEST_PAUSE))
            answer = _patiently(invoke, "offboard_tenant", event)


def _print(answer: Any, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps(answer, indent=2))
        return
    console = Console(highlight=False, emoji=False)
    if isinstance(answer, list):
        table = Table("tenant", "name", "status", "administrator", "created", "changed", box=None)
        for column in table.columns:
            column.overflow = "fold"  # nothing is cut off on a narrow terminal
        for tenant in answer:
            table.add_row(
                tenant["tenant_id"],
                escape(tenant["display_name"]),
                tenant["status"],
                escape(tenant["admin_email"]),
                tenant["created_at"][:10],
                tenant["changed_at"][:10],
            )
        console.print(table)
        return
    for name, value in answer.items():
        console.print(f"{name:14} {value}", markup=False, soft_wrap=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.tenants", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--stage", type=Path, default=DEFAULT_PATH, help="the stage's document (default: %(default)s)")
    common.add_argument("--json", action="store_true", help="print the answer as JSON")
    common.add_argument(
        "--actor",
        default=os.environ.get("USER") or "unnamed",
        help="who asks, for the audit log (default: %(default)s)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., Any], explanation: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, parents=[common], help=explanation, description=explanation)
        added.set_defaults(run=run)
        if name != "list":
            added.add_argument("tenant_id", metavar="TENANT")
        return added

    onboard = command(
        "onboard",
        _simple("onboard_tenant", "tenant_id", "display_name", "admin_email"),
        "add a tenant with its administrator",
    )
    onboard.add_argument("--name", dest="display_name", required=True, help="what people call the tenant")
    onboard.add_argument("--admin-email", required=True, help="the administrator, to whom Cognito sends a password")
    command("suspend", _simple("suspend_tenant", "tenant_id"), "refuse a tenant's requests until it is resumed")
    command("resume", _simple("resume_tenant", "tenant_id"), "make a suspended tenant active again")
    offboard = command("offboard", _offboard, "export and erase all that a tenant has, and prove it; cannot be undone")
    offboard.add_argument("--confirm", default="", metavar="TENANT", help="the tenant's id once more")
    listing = command("list", _list, "list the tenants")
    listing.add_argument("--all", action="store_true", help="also those that were offboarded")
    for name, function, explanation in (
        ("invite", "invite_user", "create a user, to whom Cognito sends a password"),
        ("set-role", "set_role", "change a user's role"),
    ):
        added = command(name, _simple(function, "tenant_id", "email", "role"), explanation)
        added.add_argument("email")
        added.add_argument("role", choices=_ROLES)
    command("remove", _simple("remove_user", "tenant_id", "email"), "sign a user out and delete the user").add_argument(
        "email"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
