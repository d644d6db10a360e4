"""What is applied and running on a stack, and ways to weaken it for as long as a block runs."""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg

from isolation.attack.served import served
from isolation.attack.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from isolation.attack.served import Served
    from stage.document import LocalStage
    from stage.local.stack import LocalStack

_PROJECT = Path(__file__).parents[2]
_CODE = ("app.py", "chalicelib", "stage", ".chalice")
_UNUSED = shutil.ignore_patterns("__pycache__")
_UPDATED = (
    "SELECT quote_ident(column_name) FROM information_schema.column_privileges"
    " WHERE table_name = %s AND grantee = 'app_writer' AND privilege_type = 'UPDATE'"
)
Edit: TypeAlias = "Callable[[dict[str, Any]], object]"


class CanaryError(Exception):
    """A canary weakens nothing: what it would change is not as it was when it was written."""


class Applied:
    """A running stack that nobody else uses."""

    def __init__(self, stack: LocalStack, stage: LocalStage) -> None:
        self.stack = stack
        self.stage = stage
        self._code = _PROJECT
        self._iam = stack.client("iam")
        self._prefix = stage.lambda_role_arn.rpartition("/")[2].removesuffix("LambdaRole")

    @contextmanager
    def policy(self, role: str, edit: Edit) -> Iterator[LocalStage]:
        """Edit a role's inline policy; the role is named without the stage's prefix."""
        name = self._prefix + role
        (policy,) = self._iam.list_role_policies(RoleName=name)["PolicyNames"]
        applied = self._iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]

        def put(document: dict[str, Any]) -> None:
            self._iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

        with self._edited(applied, edit, put):
            yield self.stage

    @contextmanager
    def trust(self, role: str, edit: Edit) -> Iterator[LocalStage]:
        """Edit a role's trust policy."""
        name = self._prefix + role
        applied = self._iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]

        def put(document: dict[str, Any]) -> None:
            self._iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))

        with self._edited(applied, edit, put):
            yield self.stage

    @contextmanager
    def sql(self, weaken: str, restore: str) -> Iterator[LocalStage]:
        """Run a statement as the database's owner, and another one afterwards."""
        with psycopg.connect(**self.stack.database_login("master"), autocommit=True) as owner:
            owner.execute(weaken.encode())
            try:
                yield self.stage
            finally:
                owner.execute(restore.encode())

    @contextmanager
    def code(self, file: str, old: str, new: str) -> Iterator[LocalStage]:
        """Run the API with one piece of its code replaced, which must be there exactly once."""
        folder = self.stack.folder / "weakened"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in _CODE:
            source = _PROJECT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=_UNUSED)
            else:
                shutil.copy(source, folder / name)
        changed = folder / file
        changed.write_text(_replaced(changed.read_text(encoding="utf-8"), file, old, new), encoding="utf-8")
        with self.stack.api(self.stack.folder / "weakened.log", code=folder) as (url, _):
            self._code = folder
            try:
                yield self.stack.stage(url)
            finally:
                self._code = _PROJECT

    @contextmanager
    def code_here(self, name: str, old: str, new: str) -> Iterator[LocalStage]:
        """Replace one piece of a module's code in this process, for attacks that call it."""
        module = importlib.import_module(name)
        before = dict(vars(module))
        exec(compile(_replaced(inspect.getsource(module), name, old, new), name, "exec"), vars(module))  # noqa: S102
        try:
            yield self.stage
        finally:
            vars(module).clear()
            vars(module).update(before)

    def role_policies(self) -> dict[str, tuple[str, dict[str, str]]]:
        """Return the trust policy and the inline policies, by name, of every role that is applied; all as JSON."""
        found: dict[str, tuple[str, dict[str, str]]] = {}
        for page in self._iam.get_paginator("list_roles").paginate():
            for role in page["Roles"]:
                name = role["RoleName"]
                inline = {
                    policy: json.dumps(self._iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
                    for policy in self._iam.list_role_policies(RoleName=name)["PolicyNames"]
                }
                found[name] = json.dumps(role["AssumeRolePolicyDocument"]), inline
        return found

    def served(self) -> Served:
        """Return what the API serves, with the names in the code that it runs now."""
        return served(self._code)

    def world(self, stage: LocalStage) -> World:
        """Return the stage as attackers reach it, with new sessions."""
        return World(stage, self.served(), planting_url=self.stage.api_url)

    def updated_columns(self, table: str) -> list[str]:
        """Return the columns of a table that the writer may change, quoted."""
        with psycopg.connect(**self.stack.database_login("master"), autocommit=True) as owner:
            rows = owner.execute(_UPDATED, [table]).fetchall()
        return [name for (name,) in rows]

    @contextmanager
    def _edited(self, applied: dict[str, Any], edit: Edit, put: Callable[[dict[str, Any]], None]) -> Iterator[None]:
        changed = copy.deepcopy(applied)
        edit(changed)
        if changed == applied:
            raise CanaryError("the edit changes nothing")
        put(changed)
        try:
            yield
        finally:
            put(applied)


def _replaced(text: str, where: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise CanaryError(f"{where} has this {text.count(old)} times: {old!r}")
    return text.replace(old, new)
