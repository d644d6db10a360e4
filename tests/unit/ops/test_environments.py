"""Environments by the real uv and pip, from a folder instead of an index; and every refusal's sentence."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ops import drift, evidence, lock, setup
from ops.environments import (
    create,
    create_with_pip,
    environment_of_uv,
    install_packages,
    require_supported_python,
    starts,
    sync,
    uv,
)
from ops.evidence import Part, Ran
from ops.lockfiles import DEPLOYED, DEVELOPMENT, INSTALLER, SUPPORTED_PYTHONS, LockFile, sealed
from ops.package import take_locked
from ops.runtimes import DEFAULT_RUNTIME, python_of
from stage.errors import CommandError

PROJECT = Path(__file__).parents[3]
TOY = LockFile("toy", ("toy.in",))
NOWHERE = "http://127.0.0.1:9/simple"  # the port of "discard", at which nobody listens


def wheel(
    folder: Path, tag: str = "py3-none-any", *, name: str = "toy", version: str = "1.0", content: str = "VALUE = 1\n"
) -> str:
    """Write a distribution and return its file's SHA-256."""
    path = folder / f"{name}-{version}-{tag}.whl"
    files = {
        f"{name}.py": content,
        f"{name}-{version}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{name}-{version}.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(
        f"{file},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()},"
        f"{len(text)}\n"
        for file, text in files.items()
    )
    with zipfile.ZipFile(path, "w") as packed:
        for file, text in {**files, f"{name}-{version}.dist-info/RECORD": record}.items():
            packed.writestr(file, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def toy_distribution(project: Path) -> Path:
    """Put a distribution with a command into a project's packages/ and return its description."""
    description = project / "packages" / "toy" / "pyproject.toml"
    (description.parent / "src" / "toy").mkdir(parents=True)
    (description.parent / "src" / "toy" / "__init__.py").write_text("")
    description.write_text(
        '[project]\nname = "toy"\nversion = "1.0"\n\n[project.scripts]\ntoy = "toy:main"\n\n'
        '[build-system]\nrequires = ["uv_build>=0.13,<0.14"]\nbuild-backend = "uv_build"\n'
    )
    return description


def locked(project: Path, one: LockFile, digest: str) -> None:
    """Write a sound lock of the toy."""
    (project / one.path).write_text(sealed(project, one, f"toy==1.0 \\\n    --hash=sha256:{digest}\n"))


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that uv and pip take distributions from; they keep nothing of it."""
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(shelf))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return shelf


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of a toy, with the uv of this one."""
    project = tmp_path / "project"
    (project / "locks").mkdir(parents=True)
    (project / ".venv").symlink_to(sys.prefix)
    for source in ("toy.in", "requirements.txt", "requirements-dev.txt", "locks/installer.in"):
        (project / source).write_text("toy==1.0\n")
    return project


def _has(module: str, home: Path) -> bool:
    return subprocess.call([home / "bin" / "python", "-c", f"import {module}"], stderr=subprocess.DEVNULL) == 0


def test_an_environment_holds_exactly_what_its_lock_names(project: Path, shelf: Path, tmp_path: Path) -> None:
    """Also after something else was installed into it by hand."""
    locked(project, TOY, wheel(shelf))
    wheel(shelf, name="other")
    home = tmp_path / "home"

    create(project, sys.executable, home)
    uv(project, ["pip", "install", "--quiet", "--python", str(home), "other"], "other")
    assert (_has("toy", home), _has("other", home)) == (False, True)
    sync(project, TOY, home)
    assert (_has("toy", home), _has("other", home)) == (True, False)


def test_a_file_that_is_not_the_locked_one_is_not_installed(project: Path, shelf: Path, tmp_path: Path) -> None:
    """An index, a mirror or somebody on the way may serve another under the same name."""
    locked(project, TOY, wheel(shelf))
    wheel(shelf, content="import os\n")
    home = tmp_path / "home"
    create(project, sys.executable, home)

    with pytest.raises(CommandError, match=r"^the package index serves another file of toy.* than locks/toy.txt names"):
        sync(project, TOY, home)
    assert not _has("toy", home)


def test_pip_does_not_install_another_file_either(project: Path, shelf: Path, tmp_path: Path) -> None:
    """It installs what installs the rest."""
    locked(project, INSTALLER, wheel(shelf))
    create_with_pip(project, sys.executable, tmp_path / "home")
    assert _has("toy", tmp_path / "home")

    wheel(shelf, content="import os\n")
    with pytest.raises(CommandError, match=r"serves another file of toy than locks/installer.txt names"):
        create_with_pip(project, sys.executable, tmp_path / "home")


def test_an_index_that_cannot_be_reached_is_said(
    project: Path, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of both tools; pip's index is uv's, so that who has configured one has configured both."""
    for one in (TOY, INSTALLER):
        locked(project, one, wheel(shelf))
    create(project, sys.executable, tmp_path / "home")
    for name in ("UV_NO_INDEX", "UV_FIND_LINKS", "PIP_NO_INDEX", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_INDEX_URL", NOWHERE)
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    with pytest.raises(CommandError, match=r"^no package index can be reached for locks/toy.txt: see to network"):
        sync(project, TOY, tmp_path / "home")
    with pytest.raises(CommandError, match=r"^no package index can be reached for locks/installer.txt: see to network"):
        create_with_pip(project, sys.executable, tmp_path / "another")


def test_uv_asks_the_index_that_pip_asks(project: Path, tmp_path: Path) -> None:
    """And trusts the same certificates, unless uv has settings of its own."""
    configuration = tmp_path / ".config" / "pip" / "pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text("[global]\nindex-url = https://mirror.example.com/simple\ncert = /mirror.pem\n")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}

    found = environment_of_uv(project, environ)
    assert (found["UV_DEFAULT_INDEX"], found["SSL_CERT_FILE"]) == ("https://mirror.example.com/simple", "/mirror.pem")
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"):
        other = environment_of_uv(project, {**environ, name: "https://other.example.com/simple"})
        assert other["UV_DEFAULT_INDEX"] == "https://other.example.com/simple"


def test_a_python_that_is_not_here_is_not_downloaded(project: Path, shelf: Path, tmp_path: Path) -> None:
    """Whoever asked for it is told."""
    assert shelf.exists()
    with pytest.raises(CommandError, match=r"home cannot be used: .*interpreter"):
        create(project, "3.99", tmp_path / "home")


def test_a_command_that_does_not_start_is_told_from_one_that_does(tmp_path: Path) -> None:
    """A virtual environment outlives its interpreter."""
    broken = tmp_path / "broken"
    broken.symlink_to(tmp_path / "gone")

    assert starts(Path(sys.executable))
    assert not starts(broken)


def test_without_uv_setup_is_named(project: Path, tmp_path: Path) -> None:
    """It is the first thing that setup installs."""
    (project / ".venv").unlink()
    with pytest.raises(CommandError, match="run `make setup`"):
        create(project, sys.executable, tmp_path / "home")


@pytest.mark.parametrize("version", [(3, 10), (3, 14), (4, 0)])
def test_an_interpreter_that_the_locks_are_not_made_for_is_refused(version: tuple[int, int]) -> None:
    """Before anything is made; the newest that is supported is the example."""
    sentence = f"^Python {version[0]}.{version[1]} is not supported, 3.13, 3.12 and 3.11 are: .*PYTHON=python3.13`$"
    with pytest.raises(CommandError, match=sentence):
        require_supported_python(version)


def test_the_supported_interpreters_are_accepted() -> None:
    """Those of .python-version, which the project's metadata name as well."""
    for minor in (11, 12, 13):
        require_supported_python((3, minor))
    assert (PROJECT / ".python-version").read_text().split() == list(SUPPORTED_PYTHONS)
    assert 'requires-python = ">=3.11,<3.14"' in (PROJECT / "pyproject.toml").read_text()
    assert python_of(DEFAULT_RUNTIME) == "3.13"


def test_wheels_are_taken_for_the_runtime_and_not_for_this_python(
    project: Path, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 3.13 on Lambda's Linux, whatever runs here; what an installer leaves behind does not ship."""
    monkeypatch.setenv("UV_COMPILE_BYTECODE", "1")  # as in many images
    digest = wheel(shelf, name="chalice")
    requirements = f"chalice==1.0 \\\n    --hash=sha256:{digest}\nother==1.0 \\\n    --hash=sha256:00\n"
    (project / DEVELOPMENT.path).write_text(sealed(project, DEVELOPMENT, requirements))
    locked(project, DEPLOYED, wheel(shelf, "cp313-cp313-manylinux2014_x86_64"))

    source = tmp_path / "source"
    take_locked(project, "3.13", source)
    assert [path.name for path in source.glob("packaging-chalice/*.py")] == ["chalice.py"]
    shipped = {path.relative_to(source / "vendor").as_posix() for path in (source / "vendor").rglob("*")}
    assert {"toy.py", "toy-1.0.dist-info/METADATA"} <= shipped
    assert not {path for path in shipped if path.endswith((".lock", "RECORD", "uv_cache.json", ".pyc"))}

    with pytest.raises(CommandError, match=r"^there is no build of toy 1.0 for .* locks/deployed.txt .* RUNTIME$"):
        take_locked(project, "3.12", tmp_path / "other" / "source")


def test_the_projects_distributions_are_installed_from_where_they_lie(project: Path, tmp_path: Path) -> None:
    """With their commands; what they need and the lock does not hold is named."""
    home = tmp_path / "home"
    create(project, sys.executable, home)
    description = toy_distribution(project)

    install_packages(project, home)
    (description.parent / "src" / "toy" / "__init__.py").write_text('def main():\n    print("changed")\n')
    ran = subprocess.run([home / "bin" / "toy"], capture_output=True, text=True, check=True)
    assert ran.stdout == "changed\n"

    description.write_text(f'{description.read_text()}[project.optional-dependencies]\nlarge = ["absent"]\n')
    install_packages(project, home)
    description.write_text(description.read_text().replace('"1.0"', '"1.0"\ndependencies = ["absent>=2"]'))
    with pytest.raises(CommandError, match=r"^packages/ cannot be used: .*toy.*absent"):
        install_packages(project, home)


class TestSetup:
    """`make setup` on a project of a toy."""

    @pytest.fixture
    def fresh(self, project: Path) -> Path:
        """Return a project that was never set up."""
        (project / ".venv").unlink()
        return project

    def test_it_installs_once_and_again_when_the_lock_is_another(
        self, fresh: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A second run asks nobody for anything."""
        synced: list[Path] = []

        created = self._stand_in(monkeypatch, synced)
        locked(fresh, DEVELOPMENT, wheel(shelf))
        for _ in range(2):
            setup.setup(fresh)
        assert (created, synced) == ([fresh / ".venv"], [fresh / ".venv"])
        locked(fresh, DEVELOPMENT, "00")
        setup.setup(fresh)
        assert len(synced) == 2
        toy_distribution(fresh)
        setup.setup(fresh)
        assert len(synced) == 3  # a command of a distribution is made when it is installed

        path = fresh / DEVELOPMENT.path
        path.write_text(path.read_text() + "evil==6.6.6\n")
        with pytest.raises(CommandError, match="was edited"):
            setup.setup(fresh)
        setup.setup(fresh, installer_only=True)  # what `make lock` needs to mend it

    def test_a_sync_that_was_interrupted_is_done_again(
        self, fresh: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also when the former lock is back meanwhile: what is installed is neither's."""
        synced: list[Path] = []
        self._stand_in(monkeypatch, synced)
        locked(fresh, DEVELOPMENT, wheel(shelf))
        setup.setup(fresh)
        former = (fresh / DEVELOPMENT.path).read_text()

        def interrupted(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(setup, "sync", interrupted)
        locked(fresh, DEVELOPMENT, "00")
        with pytest.raises(KeyboardInterrupt):
            setup.setup(fresh)
        self._stand_in(monkeypatch, synced)
        (fresh / DEVELOPMENT.path).write_text(former)
        setup.setup(fresh)
        assert len(synced) == 2

    @pytest.mark.parametrize("damage", ["another Python", "another folder", "no uv", "a uv that does not start"])
    def test_an_environment_that_cannot_be_used_is_made_anew(
        self, fresh: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, damage: str
    ) -> None:
        """Whatever happened to it: nobody has to know which folder to delete."""
        created = self._stand_in(monkeypatch, [])
        locked(fresh, DEVELOPMENT, wheel(shelf))
        setup.setup(fresh)
        home = fresh / ".venv"
        configuration = home / "pyvenv.cfg"
        match damage:
            case "another Python":
                configuration.write_text(configuration.read_text().replace("version = 3", "version = 4"))
            case "another folder":
                configuration.write_text(configuration.read_text().replace(str(home), "/elsewhere/.venv"))
            case "no uv":
                (home / "bin" / "uv").unlink()
            case _:
                (home / "bin" / "uv").write_text("")

        setup.setup(fresh)
        assert created == [home, home]
        setup.setup(fresh)
        assert len(created) == 2

    @staticmethod
    def _stand_in(monkeypatch: pytest.MonkeyPatch, synced: list[Path]) -> list[Path]:
        """Let environments be made without venv, pip and uv, and return where."""
        created: list[Path] = []

        def create(_: Path, __: str, home: Path) -> None:
            created.append(home)
            (home / "bin").mkdir(parents=True, exist_ok=True)
            for command in ("python", "uv"):
                (home / "bin" / command).write_text("#!/bin/sh\n")
                (home / "bin" / command).chmod(0o755)
            version = ".".join(map(str, sys.version_info[:3]))
            (home / "pyvenv.cfg").write_text(f"version = {version}\ncommand = python -m venv --clear {home}\n")

        monkeypatch.setattr(setup, "create_with_pip", create)
        monkeypatch.setattr(setup, "sync", lambda _, __, home: synced.append(home))
        return created

    def test_its_command_says_one_sentence(
        self, fresh: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """And ends with 2."""
        monkeypatch.setattr(setup, "__file__", str(fresh / "ops" / "setup.py"))
        (fresh / INSTALLER.path).unlink(missing_ok=True)
        assert setup.main([]) == 2
        assert capsys.readouterr().err.splitlines()[1:] == [
            "locks/installer.txt is missing: `git checkout locks/installer.txt` brings it back"
        ]


def test_make_lock_says_how_to_go_on_when_it_is_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback; what was written stays."""

    def interrupted(*_: object, **__: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(lock, "write", interrupted)
    assert lock.main([]) == 130
    assert capsys.readouterr().err == "interrupted: `make lock` again writes the locks that are left\n"


def test_make_lock_writes_hashes_and_keeps_what_is_locked(
    project: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the real resolver; a second run changes nothing."""
    digest = wheel(shelf)
    monkeypatch.setattr(lock, "__file__", str(project / "ops" / "lock.py"))
    monkeypatch.setattr(lock, "LOCK_FILES", (TOY,))

    assert lock.main([]) == 0, capsys.readouterr().err
    text = (project / TOY.path).read_text()
    assert f"toy==1.0 \\\n    --hash=sha256:{digest}\n" in text
    assert str(shelf) not in text
    assert lock.main([]) == 0, capsys.readouterr().err
    assert capsys.readouterr().out == "locks/toy.txt: written\nlocks/toy.txt: unchanged\n"

    wheel(shelf, name="toy", version="1.1")
    (project / TOY.path).write_text(f"<<<<<<< ours\n{text.replace(digest, '0' * 64)}=======\n{text}>>>>>>> theirs\n")
    assert lock.main([]) == 0, "a conflict, and a hash that somebody changed, are settled by the index"
    assert (project / TOY.path).read_text() == text

    (project / "toy.in").write_text("toy==2.0\n")
    assert lock.main([]) == 2
    assert "toy.in cannot be used: " in capsys.readouterr().err
    assert (project / TOY.path).read_text() == text


def test_every_part_of_the_evidence_runs_and_a_red_one_is_not_lost(capsys: pytest.CaptureFixture[str]) -> None:
    """Each says its seconds, and a red one once more what was red in it; the exit code is red when one is."""
    ran: list[str] = []

    def run(command: object) -> Ran:
        assert isinstance(command, list)
        ran.append(command[1])
        return Ran(1, ("FAILED x.py::test[a]",)) if command[1] == "second" else Ran(0)

    parts = [Part(name, (name,)) for name in ("first", "second", "third")]
    assert evidence.main([], parts, run) == 1
    assert ran == ["first", "second", "third"]
    assert "✓ first: 0 s\n✗ second: 0 s\n    FAILED x.py::test[a]\n✓ third: 0 s\n" in capsys.readouterr().err
    assert evidence.main(["ir"], parts, run) == 0
    assert ran[3:] == ["first", "third"]
    assert evidence.main(["fourth"], parts, run) == 1, "nothing was shown"

    def interrupted(command: object) -> Ran:
        if command == [sys.executable, "second"]:
            raise KeyboardInterrupt
        return Ran(0)

    assert evidence.main([], parts, interrupted) == 130
    assert capsys.readouterr().err.endswith("✓ first: 0 s\ninterrupted: second\n")


def test_the_lines_of_a_summary_that_name_what_is_red_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    """All that a part writes is shown as it comes."""
    ran = evidence.run([sys.executable, "-c", "print('.'); print('ERROR y.py::test'); raise SystemExit(1)"])

    assert ran == Ran(1, ("ERROR y.py::test",))
    assert capfd.readouterr().out == ".\nERROR y.py::test\n"


def test_no_module_marks_itself_twice() -> None:
    """The second `pytestmark` would replace the first, and a long test become a short one."""
    modules = [path for path in _test_modules() if path != Path(__file__)]

    assert [path for path in modules if path.read_text().count("\npytestmark = ") > 1] == []


def test_every_folder_of_long_tests_is_a_part_of_the_evidence() -> None:
    """A long test that no part names would never run again."""
    marked = {
        path.relative_to(PROJECT)
        for path in _test_modules()
        if "mark.evidence" in path.read_text() and path != Path(__file__)
    }
    named = {word for part in evidence.PARTS for word in part.arguments}

    assert {path.parts[0] for path in marked} == {"packages", "tests"}
    assert [path for path in marked if not named & {str(parent) for parent in path.parents}] == []


def _test_modules() -> list[Path]:
    return [path for top in ("packages", "tests") for path in (PROJECT / top).rglob("test_*.py")]


@pytest.mark.parametrize(("pytests", "code"), [(0, 0), (1, 1), (2, 2), (4, 2), (5, 2)])
def test_drift_is_told_from_a_look_that_failed(
    pytests: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is new says what to do; a broken run does not pass for news."""
    newest = tmp_path / ".local" / "drift"

    def install(_: Path, __: object, ___: str) -> None:
        (newest / "botocore-9.8.7.dist-info").mkdir(parents=True)

    def call(*_: object, env: dict[str, str], **__: object) -> int:
        assert env["PYTHONPATH"] == str(newest)
        return pytests

    monkeypatch.setattr(drift, "__file__", str(tmp_path / "ops" / "drift.py"))
    monkeypatch.setattr(drift, "uv", install)
    monkeypatch.setattr(subprocess, "call", call)
    assert drift.main() == code
    printed = capsys.readouterr().out
    assert printed.startswith("botocore 9.8.7\n")
    assert ("The SDK has moved" in printed) is (code == 1)
