"""Stand-ins for what a deployment calls: Terraform, Lambda, the package, the smoke test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ops.package import Package
from stage.errors import CommandError
from tests.unit.stage.test_live import OUTPUTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ACCOUNT = "123456789012"


class FakeTerraform:
    """Remembers what was asked of it, and fails where told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails_at = ""
        self.changes = True
        self.removed: list[str] = []
        self.applied: dict[str, Any] = OUTPUTS
        self.state = ["module.registry.aws_dynamodb_table.this"]

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what == self.fails_at:
            raise CommandError(f"{what} failed")

    def plan(self, var_file: Path, saved: Path, *, replace: str | None = None, target: Sequence[str] = ()) -> bool:
        """See TerraformRoot."""
        assert var_file.name == "dev.tfvars"
        assert (replace in target) if replace else (not target)
        self._ask(f"plan {replace}" if replace else "plan")
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.touch()
        return self.changes

    def planned(self, saved: Path) -> dict[str, Any]:
        """See TerraformRoot."""
        assert saved.exists()
        changes = [{"type": each, "change": {"actions": ["delete"]}} for each in self.removed]
        return {"resource_changes": [*changes, {"type": "aws_api_gateway_method", "change": {"actions": ["create"]}}]}

    def apply_plan(self, saved: Path) -> None:
        """See TerraformRoot."""
        assert saved.exists()
        self._ask("apply")

    def addresses(self) -> list[str]:
        """See TerraformRoot."""
        return self.state

    def outputs(self) -> dict[str, Any]:
        """See TerraformRoot."""
        self._ask("outputs")
        return self.applied

    def destroy(self, var_file: Path) -> None:
        """See TerraformRoot."""
        assert var_file.name == "dev.tfvars"
        self._ask("destroy")


def fake_package(project: Path) -> Package:
    """Return a package of some sizes."""
    return Package(project / "build" / "deployment.zip", project / "build" / "api.json", "c2hh", 36_000_000, 84_000_000)
