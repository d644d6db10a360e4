"""A stage that runs keeps its data and its roles when it is given this version, under every strategy.

`former_stage.json` is the state of a local stage as it was when the API opened every session and each kind of
function had a module for its role: recorded then, under session policies, so that it has both tenant roles. Of the
control plane's roles it keeps two.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import PRODUCT
from tests.infra.applied_stage import VARIABLES

if TYPE_CHECKING:
    from tests.infra.conftest import Workspace

_FORMER = Path(__file__).with_name("former_stage.json")
_RUN_BY = ("lambda_role", "authorizer_role", "control_plane", "database_functions[0]")
_ROLE = (
    "aws_iam_role.this",
    "aws_iam_role_policy.this",
    "aws_iam_role_policies_exclusive.this",
    "aws_iam_role_policy_attachments_exclusive.this",
)
_TENANT_ROLE = {f"module.core.module.tenant_role[0].{part}" for part in _ROLE}
_POLICY_ROLE = {f"module.core.module.tenant_policy_role[0].{part}" for part in _ROLE}
#: It has another name where the API opens no session.
_API_POLICY = {'module.core.module.function_roles.aws_iam_role_policy.own_function_only["api_handler"]'}


def _former_state() -> dict[str, Any]:
    """Return the state of a stage before, with what functions need to run on AWS, as a live one has."""
    state: dict[str, Any] = json.loads(_FORMER.read_text().replace("PRODUCT-", f"{PRODUCT}-"))
    for resource in list(state["resources"]):
        module = resource["module"].removeprefix("module.core.module.")
        if module in _RUN_BY and resource["type"] == "aws_iam_role_policy":
            runtime = copy.deepcopy(resource) | {"name": "runtime"}
            for instance in runtime["instances"]:
                instance.setdefault("index_key", 0)
                role = instance["attributes"]["role"]
                instance["attributes"] |= {"name": "Runtime", "id": f"{role}:Runtime"}
            state["resources"].append(runtime)
    return state


@pytest.fixture(scope="module")
def former(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Path]:
    """Return infra/local with the state of a stage before."""
    state = tmp_path_factory.mktemp("former") / "terraform.tfstate"
    state.write_text(json.dumps(_former_state()))
    return workspace, workspace.applicable("local", "upgraded", state)


def _changes(former: tuple[Workspace, Path], strategy: str) -> list[dict[str, Any]]:
    """Return what Terraform would change, by the plan alone: nothing of the stage is there to be looked at."""
    workspace, root = former
    environ = {**VARIABLES, "TF_VAR_vending_strategy": strategy}
    saved = root / f"{strategy}.plan"
    for arguments in (
        ["plan", "-input=false", "-refresh=false", f"-out={saved}"],
        ["show", "-json", str(saved)],
    ):
        ran = workspace.terraform(root, *arguments, environ=environ)
        assert ran.returncode == 0, ran.stderr
    changes: list[dict[str, Any]] = json.loads(ran.stdout)["resource_changes"]
    return [change for change in changes if change["mode"] == "managed"]


@pytest.mark.parametrize(
    ("strategy", "gone"),
    [("web_identity", _POLICY_ROLE | _API_POLICY), ("session_tags", _POLICY_ROLE), ("session_policy", _TENANT_ROLE)],
)
def test_an_upgrade_destroys_the_other_strategys_role_only(
    former: tuple[Workspace, Path], strategy: str, gone: set[str]
) -> None:
    """No table, user pool, client, secret or bucket goes or is made anew, and every other role stays the same one.

    What functions need to run on AWS goes here, for a local stage has none of it, but from where it is now: else a new
    policy of the same name would go with the former one.
    """
    changes = _changes(former, strategy)

    destroyed = [change for change in changes if "delete" in change["change"]["actions"]]
    runtime = [change for change in destroyed if ".aws_iam_role_policy.runtime" in change["address"]]
    assert {change["address"] for change in destroyed if change not in runtime} == gone
    assert len(runtime) == 6
    assert all(change["previous_address"] != change["address"] for change in runtime)
