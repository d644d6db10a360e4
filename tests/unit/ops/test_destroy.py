"""A stage is destroyed only when nobody lives in it, or when told so, and by somebody who means it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from ops import destroy
from stage.errors import CommandError
from stage.live import LiveStage
from tests.unit.stage.live_fakes import ACCOUNT, FakeTerraform
from tests.unit.stage.test_live import OUTPUTS

if TYPE_CHECKING:
    from pathlib import Path

DONE, FAILED, REFUSED = 0, 1, 2


class Registry:
    """Answers list_tenants, in pages of one."""

    def __init__(self) -> None:
        self.tenants: list[tuple[str, str]] = []
        self.error: CommandError | None = None

    def invoke(self, name: str, event: dict[str, Any], **_: str) -> Any:
        """See invoke_lambda."""
        assert name == "list_tenants"
        if self.error:
            raise self.error
        at = int(event.get("after", 0))
        page = [{"tenant_id": tenant, "status": status} for tenant, status in self.tenants[at : at + 1]]
        return {"tenants": page, "next": str(at + 1) if at + 1 < len(self.tenants) else None}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Without tenants."""
    registry = Registry()
    monkeypatch.setattr(destroy, "invoke_lambda", registry.invoke)
    return registry


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that ends with the project whose package is there; another is added for each that is made."""
    (tmp_path / "build").mkdir()
    for name in ("deployment.zip", "api.json"):
        (tmp_path / "build" / name).touch()
    made = [tmp_path]
    monkeypatch.setattr(destroy, "package", lambda project, _: made.append(project))
    return made


@pytest.fixture
def terraform(tmp_path: Path, packaged: list[Path], monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """The state of an applied stage."""
    assert packaged == [tmp_path]
    terraform = FakeTerraform()
    stage = LiveStage("dev", tmp_path, "eu-central-1", ACCOUNT)
    monkeypatch.setattr(destroy, "require_terraform", lambda: None)
    monkeypatch.setattr(LiveStage, "find", lambda *_: stage)
    monkeypatch.setattr(LiveStage, "terraform", lambda *_, **__: terraform)
    stage.document.parent.mkdir(parents=True)
    stage.document.touch()
    return terraform


def test_an_empty_stage_is_destroyed(terraform: FakeTerraform, registry: Registry, tmp_path: Path) -> None:
    """Tombstones are no tenants; its document goes too."""
    registry.tenants = [("smoke-1", "offboarded"), ("smoke-2", "offboarded")]
    assert destroy.main(["dev", "--yes"]) == DONE
    assert terraform.asked == ["outputs", "destroy"]
    assert not list(tmp_path.rglob("stage.json"))


@pytest.mark.parametrize("status", ["onboarding", "active", "suspended", "offboarding"])
def test_a_stage_with_a_tenant_is_not_unless_told_so(
    terraform: FakeTerraform, registry: Registry, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    """On whatever page it is."""
    registry.tenants = [("smoke-1", "offboarded"), ("acme", status), ("smoke-2", "offboarded")]
    assert destroy.main(["dev", "--yes"]) == REFUSED
    assert "dev has 1 tenants (acme): offboard them, or say WITH_TENANTS=1" in capsys.readouterr().err
    assert "destroy" not in terraform.asked
    assert destroy.main(["dev", "--yes", "--with-tenants"]) == DONE
    assert terraform.asked[-1] == "destroy"


def test_a_registry_that_cannot_be_asked_counts_as_full(terraform: FakeTerraform, registry: Registry) -> None:
    """Nobody knows who is there."""
    registry.error = CommandError("list_tenants could not be invoked")
    assert destroy.main(["dev", "--yes"]) == REFUSED
    assert "destroy" not in terraform.asked


@pytest.mark.usefixtures("registry")
def test_a_stage_of_which_nothing_is_applied_has_no_tenants(terraform: FakeTerraform) -> None:
    """A first apply that failed can be cleaned up."""
    terraform.applied, terraform.state = {}, ["module.identity.aws_cognito_user_pool.this"]
    assert destroy.main(["dev", "--yes"]) == DONE
    assert terraform.asked == ["outputs", "destroy"]


@pytest.mark.usefixtures("registry")
def test_a_registry_without_a_function_to_ask_counts_as_full(
    terraform: FakeTerraform, capsys: pytest.CaptureFixture[str]
) -> None:
    """A destruction that failed half-way took the outputs first."""
    terraform.applied = {}
    assert destroy.main(["dev", "--yes"]) == REFUSED
    assert "dev is half there" in capsys.readouterr().err
    assert "destroy" not in terraform.asked


@pytest.mark.usefixtures("registry")
def test_a_protected_stage_is_refused_before_anything_is_gone(
    terraform: FakeTerraform, capsys: pytest.CaptureFixture[str]
) -> None:
    """AWS would refuse it half-way."""
    terraform.applied = OUTPUTS | {"disposable": False}
    assert destroy.main(["dev", "--yes", "--with-tenants"]) == REFUSED
    assert "dev is protected: write disposable = true into its file" in capsys.readouterr().err
    assert "destroy" not in terraform.asked


@pytest.mark.usefixtures("registry")
def test_without_a_package_one_is_made(terraform: FakeTerraform, packaged: list[Path]) -> None:
    """Terraform reads it, whatever it does."""
    build = packaged.pop() / "build"
    (build / "api.json").unlink()
    assert destroy.main(["dev", "--yes"]) == DONE
    assert len(packaged) == 1
    assert terraform.asked[-1] == "destroy"


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(("typed", "code"), [("dev\n", DONE), ("yes\n", REFUSED), ("\n", REFUSED), ("", REFUSED)])
def test_a_person_types_the_stages_name(
    terraform: FakeTerraform, monkeypatch: pytest.MonkeyPatch, typed: str, code: int
) -> None:
    """Or says so before, where nobody can be asked."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert destroy.main(["dev"]) == REFUSED

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(typed))
    assert destroy.main(["dev"]) == code
    assert ("destroy" in terraform.asked) is (code == DONE)


@pytest.mark.usefixtures("registry")
def test_a_destruction_that_fails_ends_with_1(terraform: FakeTerraform) -> None:
    """Some of it may be gone."""
    terraform.fails_at = "destroy"
    assert destroy.main(["dev", "--yes"]) == FAILED
