"""A real PostgreSQL that asks for a password, listens on loopback only and ends with whoever started it."""

from __future__ import annotations

import json
import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bulkhead_localaws.command import _instructions
from bulkhead_localaws.moto.emulator import OperatorKey
from bulkhead_localaws.postgres.access import PostgresAccess, connect
from bulkhead_localaws.postgres.errors import PortTakenError, PostgresError
from bulkhead_localaws.postgres.ports import free_port
from bulkhead_localaws.postgres.server import Limits, PostgresServer
from bulkhead_localaws.server import Ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Starts a server, says where it is, and does nothing more.
PARENT = """
import json, time
from bulkhead_localaws.postgres.server import PostgresServer
server = PostgresServer.start()
print(json.dumps({"port": server.port, "pid": server.pid, "folder": str(server.folder)}), flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def shared_server() -> Iterator[PostgresServer]:
    """One server for all tests: a start takes a second or two."""
    with PostgresServer.start(database="tenants", limits=Limits(stop=0.5)) as server:
        yield server


@pytest.fixture
def server(shared_server: PostgresServer) -> PostgresServer:
    """The server, running, whatever an earlier test did to it."""
    shared_server.resume()
    return shared_server


def ask(access: PostgresAccess, query: str) -> list[Any]:
    """Return the first column of what the server answers."""
    with connect(access) as connection:
        return [row[0] for row in connection.execute(query.encode())]


def wait_for(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Return whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def answers(address: str, port: int) -> bool:
    """Return whether something listens there."""
    try:
        with socket.create_connection((address, port), timeout=1):
            return True
    except OSError:
        return False


def process_status(pid: int) -> list[str]:
    """Return the state and the parent of a process, as Linux tells them; nothing when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:2]
    except FileNotFoundError:
        return []


def is_there(pid: int) -> bool:
    """Return whether there is such a process that is not merely waiting to be reaped."""
    return process_status(pid)[:1] not in ([], ["Z"])


def parent_of(pid: int) -> int:
    """Return the number of the process that started it."""
    return int(process_status(pid)[1])


def test_the_superuser_logs_in_to_the_new_database(server: PostgresServer) -> None:
    """A current PostgreSQL, in UTF-8, ordered by code point on every machine."""
    with connect(server.access) as connection:
        row = connection.execute(
            "select current_user::text, current_database()::text, current_setting('server_version_num')::int / 10000,"
            " current_setting('server_encoding'), array(select unnest(array['b', 'B', 'a', 'é']) as letter order by 1)"
        ).fetchone()
    assert row is not None
    user, database, version, encoding, letters = row
    assert (user, database, encoding) == ("postgres", "tenants", "UTF8")
    assert version >= 15
    assert letters == ["B", "a", "b", "é"]


@pytest.mark.parametrize("password", ["wrong", "", "postgres"])
@pytest.mark.parametrize("database", ["tenants", "postgres"])
def test_a_wrong_password_is_refused(server: PostgresServer, password: str, database: str) -> None:
    """By the server, for its superuser too, while the right one opens the same database."""
    right = replace(server.access, database=database)
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        ask(replace(right, password=password), "select 1")
    assert ask(right, "select 1") == [1]


def test_every_line_of_the_servers_rules_asks_for_a_password(server: PostgresServer) -> None:
    """SCRAM for local, host and replication connections alike: no `trust`, no `peer`."""
    lines = (server.data / "pg_hba.conf").read_text().splitlines()
    methods = [line.split()[-1] for line in lines if line.strip() and not line.startswith("#")]
    assert len(methods) >= 6
    assert set(methods) == {"scram-sha-256"}
    assert set(ask(server.access, "select auth_method from pg_hba_file_rules")) == {"scram-sha-256"}
    assert ask(server.access, "select left(rolpassword, 14) from pg_authid where rolcanlogin") == ["SCRAM-SHA-256$"]


def test_the_password_is_nowhere_on_disk(server: PostgresServer) -> None:
    """Nor in a repr, where a test's failure would print it."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(server.database.encode() in path.read_bytes() for path in files), "the search finds what is there"
    assert [path for path in files if server.password.encode() in path.read_bytes()] == []
    assert server.password not in repr(server.access)


def test_it_listens_on_loopback_only(server: PostgresServer) -> None:
    """On 127.0.0.1 and no other address of this machine, and on no Unix socket."""
    assert answers("127.0.0.1", server.port)
    others = {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1"}
    assert [address for address in ("::1", "127.0.0.2", *others) if answers(address, server.port)] == []
    assert ask(server.access, "show listen_addresses") == ["127.0.0.1"]
    assert ask(server.access, "show unix_socket_directories") == [""]


def test_it_does_not_run_as_root(server: PostgresServer) -> None:
    """It belongs to whoever started it, or to `nobody` when that is root: the owner of what it writes shows it."""
    expected = os.geteuid() or pwd.getpwnam("nobody").pw_uid
    assert (server.data / "postmaster.pid").stat().st_uid == expected != 0


def test_its_files_are_private(server: PostgresServer) -> None:
    """Other users can neither list the folder nor read the data or the log, which quotes statements that failed."""
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (server.folder, server.data, server.log)]
    assert modes in ([0o700, 0o700, 0o600], [0o711, 0o700, 0o600])
    with connect(server.access) as connection, pytest.raises(psycopg.errors.SyntaxError):
        connection.execute("selekt 1")
    assert "selekt 1" in server.log.read_text()


def test_it_serves_two_hundred_connections(server: PostgresServer) -> None:
    """A test with many pools does not starve."""
    assert ask(server.access, "show max_connections") == ["200"]


def test_it_can_go_down_and_come_back(server: PostgresServer) -> None:
    """Where it was, with the same password and data; whoever was connected is cut off."""
    access, first = server.access, server.pid
    with connect(access) as connection:
        connection.execute("create table kept as select 7 as number")
        server.halt()
        assert not server.running
        assert server.pid is None
        assert not answers("127.0.0.1", access.port)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select number from kept")

    server.resume()
    server.resume()

    assert server.access == access
    assert server.pid != first
    assert ask(access, "select number from kept") == [7]


def test_a_restart_is_both(server: PostgresServer) -> None:
    """A new process on the same port."""
    access, first = server.access, server.pid
    server.restart()
    assert server.access == access
    assert server.pid != first
    assert ask(access, "select 1") == [1]


def test_what_was_committed_survives_a_crash(server: PostgresServer) -> None:
    """And what was not is gone, as on a server that flushes to disk."""
    with closing(connect(server.access)) as committed, closing(connect(server.access)) as open_still:
        committed.execute("create table crashed (number int)")
        committed.execute("insert into crashed values (1)")
        open_still.execute("begin")
        open_still.execute("insert into crashed values (2)")
        assert server.pid
        os.kill(server.pid, signal.SIGKILL)
        assert wait_for(lambda: not server.running)

    server.resume()

    assert ask(server.access, "select number from crashed") == [1]


def test_a_server_that_does_not_stop_is_forced_to(server: PostgresServer) -> None:
    """In bounded time, whatever it is doing."""
    pid = server.pid
    assert pid
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()
    server.halt()
    assert time.monotonic() - started < 5
    assert not is_there(pid)


def test_a_server_whose_supervisor_was_killed_stops_all_the_same(server: PostgresServer) -> None:
    """The supervisor is for when this process is killed; this process still knows the server."""
    pid = server.pid
    assert pid
    os.kill(parent_of(pid), signal.SIGKILL)
    assert wait_for(lambda: not server.running)
    assert is_there(pid)
    server.halt()
    assert wait_for(lambda: not is_there(pid))


def test_it_gets_no_ctrl_c(server: PostgresServer) -> None:
    """A terminal sends it to every process of its session; this one is stopped by its parent, in good order."""
    assert server.pid
    assert os.getsid(server.pid) != os.getsid(0)


def test_a_port_taken_while_it_was_down_is_named(server: PostgresServer) -> None:
    """And once that is free again, so is the way back."""
    server.halt()
    with socket.create_server(("127.0.0.1", server.port)), pytest.raises(PortTakenError, match=str(server.port)):
        server.resume()
    assert not server.running
    server.resume()
    assert ask(server.access, "select 1") == [1]


def test_a_taken_port_is_refused_with_the_way_out() -> None:
    """At once, before anything is made."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(PortTakenError) as refused:
            PostgresServer.start(port=port)
    assert str(refused.value) == (
        f"port {port} is taken: stop what listens there, or choose another port for PostgreSQL"
    )


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    """Before anything is made."""
    with pytest.raises(PostgresError, match=f"{port} is no port"):
        PostgresServer.start(port=port)


@pytest.mark.parametrize("name", ["", "x" * 64, "é" * 32, "a\0b"])
def test_a_name_that_postgresql_would_change_is_refused(name: str) -> None:
    """It cuts names at 63 bytes, so that another database than the named one would be made."""
    with pytest.raises(PostgresError, match="is no name for a database"):
        PostgresServer.start(database=name)


def test_two_servers_run_side_by_side(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with a password of its own; the caller's environment changes neither; one goes and takes its data.

    Somebody else may take a port between its choice and the server's start: then another is chosen.
    """
    for name, value in (("PGPORT", "1"), ("TZ", "Asia/Tokyo"), ("PGOPTIONS", "-c default_transaction_read_only=on")):
        monkeypatch.setenv(name, value)
    ports = iter((server.port, *(free_port() for _ in range(9))))

    with PostgresServer.start(database='it\'s a "näme"', choose_port=lambda: next(ports)) as second:
        assert second.port != server.port
        assert ask(second.access, "select current_database()::text") == ['it\'s a "näme"']
        assert ask(second.access, "select extract(timezone from now())::int") == [0]
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(replace(second.access, port=server.port, database="tenants"), "select 1")
        assert second.folder.exists()

    assert not second.folder.exists()
    assert not answers("127.0.0.1", second.port)
    second.stop()
    assert ask(server.access, "select 1") == [1]


def test_it_ends_with_its_killed_parent() -> None:
    """SIGKILL leaves the parent no chance to stop anything, yet neither the server nor its data stay."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        about = json.loads(parent.stdout.readline())
        assert answers("127.0.0.1", about["port"])
        parent.kill()
    assert wait_for(lambda: not is_there(about["pid"]))
    assert wait_for(lambda: not Path(about["folder"]).exists())
    assert not answers("127.0.0.1", about["port"])


def test_the_local_aws_starts_one_when_asked(tmp_path: Path) -> None:
    """Its ready document says how to log in, and it goes with the local AWS."""
    ready_file = tmp_path / "ready.json"
    arguments = ["--port", "0", "--postgres", "--postgres-database", "app", "--ready-file", str(ready_file)]
    with subprocess.Popen(
        [sys.executable, "-m", "bulkhead_localaws", *arguments], stdout=subprocess.PIPE, text=True
    ) as local_aws:
        try:
            assert wait_for(ready_file.exists, seconds=30)
            access = PostgresAccess(**json.loads(ready_file.read_text())["postgres"])
            assert (access.host, access.user, access.database) == ("127.0.0.1", "postgres", "app")
            assert ask(access, "select 1") == [1]
        finally:
            local_aws.terminate()
        said = local_aws.communicate()[0]
    assert local_aws.returncode == 0
    assert access.password not in said
    assert not answers("127.0.0.1", access.port)


def test_the_local_aws_says_why_it_starts_none(server: PostgresServer) -> None:
    """And ends, so that nobody waits for a database."""
    arguments = ["--port", "0", "--postgres", "--postgres-port", str(server.port)]
    finished = subprocess.run(
        [sys.executable, "-m", "bulkhead_localaws", *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stderr.strip() == (
        f"port {server.port} is taken: stop what listens there, or choose another port for PostgreSQL"
    )


def test_a_person_is_told_how_to_log_in() -> None:
    """In the words that `psql` reads; without a server nothing is said of one."""
    ready = Ready("http://127.0.0.1:1", "123456789012", OperatorKey("AKIA", "secret"), "secret")
    access = PostgresAccess("127.0.0.1", 2, "postgres", "a password", "app")
    said = _instructions(replace(ready, postgres=access))
    assert "PostgreSQL at 127.0.0.1:2, database app" in said
    assert "export PGPASSWORD=a password" in said
    assert "PG" not in _instructions(ready)


def test_the_ready_document_names_none_that_was_not_started() -> None:
    """What is not there is absent, not null."""
    ready = Ready("http://127.0.0.1:1", "123456789012", OperatorKey("AKIA", "secret"), "secret")
    assert "postgres" not in ready.as_document()
    access = PostgresAccess("127.0.0.1", 2, "postgres", "secret", "app")
    assert replace(ready, postgres=access).as_document()["postgres"] == {
        "host": "127.0.0.1",
        "port": 2,
        "user": "postgres",
        "password": "secret",
        "database": "app",
    }
