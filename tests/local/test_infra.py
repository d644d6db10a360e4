"""What Terraform applied, as it stands in the local AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.terraform import TerraformRoot
from tests.local.conftest import PROJECT

if TYPE_CHECKING:
    from ops.stack import LocalStack


def test_a_second_plan_of_the_applied_stack_changes_nothing(stack: LocalStack) -> None:
    """What is applied is what the configuration says; the emulator shows no drift."""
    region = stack.outputs["region"]
    root = TerraformRoot(
        PROJECT / "infra" / "local", stack.folder / "terraform", stack.local_aws.operator_environment(region)
    )

    assert not root.has_changes({"region": region})
