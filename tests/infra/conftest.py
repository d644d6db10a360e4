"""Terraform on a local AWS: a copy of infra/ in which every folder is initialised once, and one running provider."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import pytest

from stage.local.aws import LocalAws
from stage.provider_mirror import find_plugin_dir
from stage.terraform import LITTLE_GARBAGE_COLLECTION
from tests.infra.applied_stage import APPLIED_TRIGGER, REGION, AppliedStage
from tests.infra.planned_stages import plan_of_a_local_stage, plans_of_prod

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from isolation.proof.planning import Planned

INFRA = Path(__file__).parents[2] / "infra"
PERMISSIONS = INFRA.parent / "chalicelib" / "permissions.json"
_LOCKED_ROOT = "local"
_LOCK = ".terraform.lock.hcl"
_PROVIDERS = ".terraform/providers"
_KEY = f"arn:aws:kms:{REGION}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_REATTACH = "TF_REATTACH_PROVIDERS"


def infra_folders() -> list[str]:
    """Return every root and module of infra/, relative to it, so that later ones are tested without being listed."""
    folders = (path.parent.relative_to(INFRA) for depth in ("*", "modules/*") for path in INFRA.glob(f"{depth}/*.tf"))
    return sorted({folder.as_posix() for folder in folders})


class Workspace:
    """A copy of infra/ in which folders are initialised on first use.

    The lock file of infra/local, and the provider that it admitted, serve every folder. Threads may share it.
    """

    def __init__(self, infra: Path, environ: Mapping[str, str]) -> None:
        self.infra = infra
        self._environ = dict(environ)
        self._initialised: set[str] = set()
        self._initialising = RLock()
        self._configuring = RLock()

    def initialised(self, name: str) -> Path:
        """Return the copy of a folder of infra/, ready for test; its init must succeed."""
        folder = self.infra / name
        with self._initialising:
            if name not in self._initialised:
                self._initialise(folder, locked=name == _LOCKED_ROOT)
                self._initialised.add(name)
        return folder

    def _initialise(self, folder: Path, *, locked: bool) -> None:
        if locked:
            plugin_dir = find_plugin_dir(os.environ)
        else:
            root = self.initialised(_LOCKED_ROOT)
            shutil.copy(root / _LOCK, folder / _LOCK)
            plugin_dir = root / _PROVIDERS
        options = [f"-plugin-dir={plugin_dir}"] if plugin_dir else []
        result = self.terraform(folder, "init", "-backend=false", "-input=false", *options)
        assert result.returncode == 0, result.stderr

    def applicable(self, name: str, copy: str, state: Path) -> Path:
        """Return another copy of a root, with which a stage can be applied whose state goes to the given file."""
        root = self.initialised(name)
        applicable = root.with_name(copy)
        shutil.copytree(root, applicable, ignore=shutil.ignore_patterns(".terraform"))
        result = self.terraform(
            applicable, "init", "-input=false", f"-plugin-dir={root / _PROVIDERS}", f"-backend-config=path={state}"
        )
        assert result.returncode == 0, result.stderr
        return applicable

    def weakened(self, name: str, copy: str, file: str, old: str, new: str) -> Path:
        """Return another copy of a folder in which a text, which must be there exactly once, is replaced."""
        folder = self.infra / name
        weakened = folder.with_name(copy)
        shutil.copytree(folder, weakened, ignore=shutil.ignore_patterns(".terraform"))
        source = (weakened / file).read_text()
        assert source.count(old) == 1, f"the canary no longer bites: {name}/{file} holds {source.count(old)} of {old!r}"
        (weakened / file).write_text(source.replace(old, new))
        return weakened

    def tester(self, name: str, suites: Mapping[str, str]) -> Path:
        """Return a folder beside another one, ready for test, which has its provider and tests of what is beside it."""
        folder = self.infra / name
        tester = folder.with_name(f"tester-of-{folder.name}")
        (tester / "tests").mkdir(parents=True)
        shutil.copy(folder / "versions.tf", tester)  # in an empty folder, init would do nothing
        for suite, tests in suites.items():
            (tester / "tests" / f"{suite}.tftest.hcl").write_text(tests)
        return self.initialised(tester.relative_to(self.infra).as_posix())

    def terraform(
        self, folder: Path, *arguments: str, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one Terraform command in a folder; a root's at most one at a time, since it configures the provider."""
        is_root = folder.parent == self.infra
        with self._configuring if is_root else nullcontext():
            return subprocess.run(
                ["terraform", *arguments, "-no-color"],  # noqa: S607 (whichever Terraform the developer has)
                cwd=folder,
                env={**self._environ, **(environ or {})},
                capture_output=True,
                text=True,
                check=False,
            )

    @contextmanager
    def running_provider(self, environ: Mapping[str, str]) -> Iterator[None]:
        """Serve every command from one provider process: starting the provider is what makes Terraform slow.

        It has the environment's endpoint and credentials, which modules do not use: their tests mock it.

        Source: https://developer.hashicorp.com/terraform/plugin/debugging, "Debugger-based debugging".
        """
        [binary] = self.initialised(_LOCKED_ROOT).glob(f"{_PROVIDERS}/*/*/aws/*/*/terraform-provider-aws*")
        with subprocess.Popen(
            [binary, "-debug"],
            env={**self._environ, **environ, "TF_LOG": "OFF", "TF_LOG_SDK": "OFF"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as provider:
            try:
                assert provider.stdout is not None
                line = next((line for line in provider.stdout if f"{_REATTACH}=" in line), "")
                assert line, "the provider did not start"
                self._environ[_REATTACH] = line.partition("=")[2].strip().strip("'")
                yield
            finally:
                self._environ.pop(_REATTACH, None)
                provider.terminate()


@pytest.fixture(scope="session")
def local_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """Start one local AWS for what mocks cannot show: ephemeral resources and write-only values."""
    with LocalAws(
        tmp_path_factory.mktemp("localaws"),
        port=0,
        functions={APPLIED_TRIGGER: "chalicelib.tenancy.token_tags:tag_id_token"},
        settings={"SESSION_PER": "tenant"},
        project=INFRA.parent,
    ) as local_aws:
        yield local_aws


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory, local_aws: LocalAws) -> Iterator[Workspace]:
    """Give all tests one workspace that holds no credentials, endpoint or variable of the developer's.

    Beside infra/ it has what else Terraform reads: one file of the app, and the page.
    """
    infra = tmp_path_factory.mktemp("infra") / "infra"
    shutil.copytree(INFRA, infra, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
    chalicelib = infra.with_name("chalicelib")
    chalicelib.mkdir()
    shutil.copy(PERMISSIONS, chalicelib)
    shutil.copytree(INFRA.with_name("web"), infra.with_name("web"))
    kept = {"TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR"}
    dropped = {name for name in os.environ if name.startswith(("AWS_", "TF_"))} - kept
    environ = {name: value for name, value in os.environ.items() if name not in dropped}
    workspace = Workspace(
        infra, {**environ, **LITTLE_GARBAGE_COLLECTION, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    )
    with workspace.running_provider(local_aws.operator_environment(REGION)):
        yield workspace


@pytest.fixture(scope="session")
def stage(
    workspace: Workspace, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppliedStage]:
    """Plan and apply a stage, and destroy it in the end, after which no secret and no bucket may be left."""
    folder = tmp_path_factory.mktemp("stage")
    root = workspace.applicable("local", "applied", folder / "terraform.tfstate")
    stage = AppliedStage(workspace, root, folder, local_aws)
    stage.terraform("plan", "-input=false", f"-out={folder / 'plan'}")
    stage.terraform("apply", "-input=false", str(folder / "plan"))
    yield stage
    stage.terraform("destroy", "-input=false", "-auto-approve")
    assert stage.operator("secretsmanager").list_secrets()["SecretList"] == []
    assert stage.operator("s3").list_buckets()["Buckets"] == []


@pytest.fixture(scope="session")
def local_stage(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Return the plan of a local stage that is applied, so that the user pool's id is known."""
    return plan_of_a_local_stage(workspace, tmp_path_factory.mktemp("proved"))


@pytest.fixture(scope="session")
def live_stages(
    workspace: Workspace, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Planned]:
    """Return plans of the largest stage, prod: under every strategy, and with a key of its own."""
    stages = {each: {"vending_strategy": each} for each in ("web_identity", "session_tags", "session_policy")}
    variables = {**stages, "key": {"kms_key_arn": _KEY}}
    return plans_of_prod(workspace, local_aws, tmp_path_factory.mktemp("live"), variables)


@pytest.fixture(scope="session")
def live_stage(live_stages: dict[str, Planned]) -> Planned:
    """Return the plan of prod as it is."""
    return live_stages["web_identity"]


@pytest.fixture(scope="session")
def live_plan(live_stage: Planned) -> Any:
    """Return the JSON of prod's plan."""
    return live_stage.plan


@pytest.fixture(scope="session")
def live_plan_with_a_key(live_stages: dict[str, Planned]) -> Any:
    """Return the JSON of the plan of prod with a key of its own."""
    return live_stages["key"].plan
