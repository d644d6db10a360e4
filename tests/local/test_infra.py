"""What Terraform applied, as it stands in the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stage.terraform import TerraformRoot

if TYPE_CHECKING:
    from stage.local.stack import LocalStack


def test_a_second_plan_of_the_applied_stack_changes_nothing(stack: LocalStack) -> None:
    """What is applied is what the configuration says, without drift, and the state holds no password."""
    root = TerraformRoot(stack.project / "infra" / "local", stack.folder / "terraform", stack.terraform_environment())

    assert not root.has_changes(stack.terraform_variables())
    state = (stack.folder / "terraform" / "terraform.tfstate").read_text()
    for login in ("master", "reader", "writer"):
        assert stack.database_login(login)["password"] not in state
