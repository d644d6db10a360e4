"""The steps of a deployment: in their order, stopped by the first failure, and what its exit code says."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from ops import deploy
from stage.errors import CommandError
from stage.live import LiveStage
from tests.unit.stage.live_fakes import ACCOUNT, FakeTerraform, fake_package

if TYPE_CHECKING:
    from pathlib import Path

    from stage.document import Stage

DONE, FAILED, REFUSED = 0, 1, 2


class World:
    """A project with one stage, and everything that a deployment calls."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.terraform = FakeTerraform()
        self.tried: list[tuple[str, bool]] = []
        self.runtimes: list[str] = []
        self.fails_at = ""

    def find(self, _: Path, name: str) -> LiveStage:
        """See LiveStage.find."""
        self.step("find")
        return LiveStage(name, self.project, "eu-central-1", ACCOUNT)

    def step(self, what: str) -> None:
        """Remember a step, or fail at it."""
        if what == self.fails_at:
            raise CommandError(f"{what} failed")
        self.terraform.asked.append(what)

    def invoke(self, name: str, event: dict[str, Any], **where: str) -> Any:
        """See invoke_lambda."""
        assert (event, where) == ({}, {"function_name": f"example-dev-{name}", "region": "eu-central-1"})
        self.step(name)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which everything goes well."""
    world = World(tmp_path)

    class FakeSmokeTest:
        def __init__(self, stage: Stage, _: object, *, enforces_leading_keys: bool) -> None:
            world.tried.append((stage.api_url, enforces_leading_keys))

        def run(self) -> None:
            world.step("smoke test")

    def package(project: Path, _: object, runtime: str) -> Any:
        world.step("package")
        world.runtimes.append(runtime)
        return fake_package(project)

    monkeypatch.setattr(deploy, "__file__", str(tmp_path / "ops" / "deploy.py"))
    monkeypatch.setattr(deploy, "require_terraform", lambda: None)
    monkeypatch.setattr(LiveStage, "find", world.find)
    monkeypatch.setattr(LiveStage, "terraform", lambda *_, **__: world.terraform)
    monkeypatch.setattr(deploy, "package", package)
    monkeypatch.setattr(deploy, "invoke_lambda", world.invoke)
    monkeypatch.setattr(deploy, "SmokeTest", FakeSmokeTest)
    return world


def test_a_deployment_goes_step_by_step(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The URL, and nothing else, is on standard output; the document is there for `make tenants`."""
    assert deploy.main(["dev", "--yes"]) == DONE
    assert world.terraform.asked == [
        "find",
        "package",
        "plan",
        "apply",
        "outputs",
        "refresh_signing_keys",
        "migrate_database",
        "smoke test",
    ]
    assert capsys.readouterr().out == "https://api.example.com/live\n"
    assert world.tried == [("https://api.example.com/live", True)]
    assert world.runtimes == ["python3.13"]
    assert (world.project / ".local/live/dev/stage.json").exists()


def test_another_runtime_is_packaged_for(world: World) -> None:
    """Whatever Python deploys."""
    assert deploy.main(["dev", "--yes", "--runtime", "python3.12"]) == DONE
    assert world.runtimes == ["python3.12"]


def test_without_changes_nothing_is_applied_but_all_else_is_done(world: World) -> None:
    """A run that was stopped after the apply is completed by the next."""
    world.terraform.changes = False
    assert deploy.main(["dev", "--yes"]) == DONE
    assert world.terraform.asked == [
        "find",
        "package",
        "plan",
        "outputs",
        "refresh_signing_keys",
        "migrate_database",
        "smoke test",
    ]


@pytest.mark.parametrize(
    ("step", "code"),
    [
        ("find", REFUSED),
        ("package", REFUSED),
        ("refresh_signing_keys", FAILED),
        ("migrate_database", FAILED),
        ("smoke test", FAILED),
    ],
)
def test_the_first_failure_ends_it(world: World, capsys: pytest.CaptureFixture[str], step: str, code: int) -> None:
    """With its own words; the code says whether anything may have changed."""
    world.fails_at = step
    assert deploy.main(["dev", "--yes"]) == code
    written = capsys.readouterr()
    assert (written.out, f"{step} failed" in written.err) == ("", True)
    assert step not in world.terraform.asked
    assert "smoke test" not in world.terraform.asked


@pytest.mark.parametrize(("step", "code"), [("plan", REFUSED), ("apply", FAILED)])
def test_a_failure_of_terraform_ends_it(world: World, step: str, code: int) -> None:
    """A failed apply leaves a state; the next run plans what is missing."""
    world.terraform.fails_at = step
    assert deploy.main(["dev", "--yes"]) == code
    assert world.terraform.asked[-1] == step


def test_a_plan_that_nobody_can_look_at_is_not_applied(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a pipeline, somebody must have said so before."""
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert deploy.main(["dev"]) == REFUSED
    assert "say YES=1" in capsys.readouterr().err
    assert world.terraform.asked == ["find", "package", "plan"]


@pytest.mark.parametrize(
    ("answer", "applied"), [("yes\n", True), ("y\n", False), ("\n", False), ("no\n", False), ("", False)]
)
def test_a_person_is_asked(world: World, monkeypatch: pytest.MonkeyPatch, answer: str, *, applied: bool) -> None:
    """Once the plan has been shown; only one word applies it."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert deploy.main(["dev"]) == (DONE if applied else REFUSED)
    assert ("apply" in world.terraform.asked) is applied
    assert ("smoke test" in world.terraform.asked) is applied


def test_a_removed_route_is_really_gone(world: World) -> None:
    """The deployment of API Gateway is made before the method is destroyed, so another one is made after it."""
    world.terraform.removed = ["aws_api_gateway_method"]
    assert deploy.main(["dev", "--yes"]) == DONE
    again = "plan module.api.aws_api_gateway_deployment.this"
    assert world.terraform.asked[2:6] == ["plan", "apply", again, "apply"]


def test_a_removed_route_is_not_forgotten_by_a_run_that_was_interrupted(world: World) -> None:
    """The next plan knows nothing of it any more."""
    world.terraform.removed = ["aws_api_gateway_method"]
    world.terraform.fails_at = "plan module.api.aws_api_gateway_deployment.this"
    assert deploy.main(["dev", "--yes"]) == FAILED
    assert "smoke test" not in world.terraform.asked
    world.terraform.removed, world.terraform.fails_at, world.terraform.changes = [], "", False
    world.terraform.asked.clear()
    assert deploy.main(["dev", "--yes"]) == DONE
    assert world.terraform.asked[2:5] == ["plan", "plan module.api.aws_api_gateway_deployment.this", "apply"]
    world.terraform.asked.clear()
    assert deploy.main(["dev", "--yes"]) == DONE
    assert "apply" not in world.terraform.asked


def test_ctrl_c_ends_it_in_a_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Terraform has ended in good order by then."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(FakeTerraform, "apply_plan", interrupt)
    assert deploy.main(["dev", "--yes"]) == 130
    assert "the next `make deploy` goes on" in capsys.readouterr().err
    assert "smoke test" not in world.terraform.asked


def test_other_removals_need_no_second_apply(world: World) -> None:
    """The twin."""
    world.terraform.removed = ["aws_dynamodb_table"]
    assert deploy.main(["dev", "--yes"]) == DONE
    assert world.terraform.asked.count("apply") == 1


def test_without_a_stage_the_names_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make deploy` alone."""
    monkeypatch.setattr(deploy, "require_terraform", lambda: None)
    assert deploy.main([]) == REFUSED
    assert "say which stage: STAGE=... with one of dev, prod, rehearse" in capsys.readouterr().err
