"""Rotation of the logins' secrets, through the function's four steps and with its own role."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from chalicelib.control_plane.rotation import Rotation, RotationError
from chalicelib.data.database import Database, DatabaseSettings, Login
from stage.http_api import Api
from stage.local.rotation import STEPS, rotate
from tests.support.handles import handle_of, open_request
from tests.support.people import Person

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stage.document import LocalStage
    from stage.local.stack import LocalStack

LOGINS = ("reader", "writer")


def _stages(stack: LocalStack, login: str) -> dict[str, str]:
    """Return which version has which label."""
    described = stack.client("secretsmanager").describe_secret(SecretId=stack.outputs[f"{login}_secret_arn"])
    return {label: version for version, labels in described["VersionIdsToStages"].items() for label in labels}


@pytest.fixture
def run(stack: LocalStack) -> Callable[..., str]:
    """Return a function that runs steps of a login's rotation in this process, with the function's own role."""
    rotation = Rotation(
        stack.function_client("rotate_secret", "secretsmanager"),
        lambda secret: psycopg.connect(**secret.conninfo(sslmode="disable", sslrootcert="")),
        stack.outputs["master_secret_arn"],
    )

    def steps(login: str, *steps: str, token: str | None = None) -> str:
        token = token or str(uuid.uuid4())
        for step in steps or STEPS:
            rotation.run(step, stack.outputs[f"{login}_secret_arn"], token)
        return token

    return steps


def _opens(login: dict[str, Any]) -> bool:
    try:
        with psycopg.connect(**login) as connection:
            return connection.execute("SELECT current_user").fetchone() == (login["user"],)
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


@pytest.mark.parametrize("login", LOGINS)
def test_a_rotation_changes_the_login_and_the_old_one_works_until_the_next(
    stack: LocalStack, run: Callable[..., str], login: str
) -> None:
    """Two users take turns, so that nobody who still holds the old password is locked out."""
    first = stack.database_login(login)
    token = rotate(stack, login)
    second = stack.database_login(login)

    assert {first["user"], second["user"]} == {f"app_{login}", f"app_{login}_clone"}
    assert first["password"] != second["password"]
    assert _stages(stack, login)["AWSCURRENT"] == token
    assert (_opens(first), _opens(second)) == (True, True)

    run(login)
    third = stack.database_login(login)
    assert third["user"] == first["user"]
    assert (_opens(first), _opens(second), _opens(third)) == (False, True, True)


def test_each_step_can_run_twice(stack: LocalStack, run: Callable[..., str]) -> None:
    """Secrets Manager repeats a step whose answer it missed: same version, same password, one rotation."""
    before, token = stack.database_login("reader"), str(uuid.uuid4())
    pending = set()
    for step in STEPS:
        run("reader", step, step, token=token)
        version = stack.client("secretsmanager").get_secret_value(
            SecretId=stack.outputs["reader_secret_arn"], VersionId=token
        )
        pending.add(version["SecretString"])

    after = stack.database_login("reader")
    assert len(pending) == 1
    assert json.loads(pending.pop())["username"] == after["user"] != before["user"]
    assert _stages(stack, "reader")["AWSCURRENT"] == token
    assert (_opens(before), _opens(after)) == (True, True)


def test_the_trial_of_a_rotation_that_was_switched_on_needs_no_login(stack: LocalStack) -> None:
    """Secrets Manager tries testSecret once, with what is current, maybe before the database has any login."""

    def no_login(_: object) -> Any:
        raise AssertionError("the database was asked")

    arn, token = stack.outputs["reader_secret_arn"], str(uuid.uuid4())
    secrets = stack.client("secretsmanager")
    current = secrets.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
    secrets.put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=current, VersionStages=["AWSPENDING"])
    role = stack.function_client("rotate_secret", "secretsmanager")
    Rotation(role, no_login, stack.outputs["master_secret_arn"]).run("testSecret", arn, token)
    secrets.update_secret_version_stage(SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=token)


@pytest.mark.parametrize("done", range(len(STEPS)))
def test_a_rotation_that_stops_in_the_middle_leaves_the_current_login_as_it_was(
    stack: LocalStack, run: Callable[..., str], done: int
) -> None:
    """Whatever was done, callers read the same version, and it opens the database; so does the next rotation's."""
    before, current = stack.database_login("writer"), _stages(stack, "writer")["AWSCURRENT"]
    if done:
        run("writer", *STEPS[:done])

    assert _stages(stack, "writer")["AWSCURRENT"] == current
    assert stack.database_login("writer") == before
    assert _opens(before)
    run("writer")
    assert stack.database_login("writer")["user"] != before["user"]
    assert (_opens(before), _opens(stack.database_login("writer"))) == (True, True)


def test_a_step_that_fails_or_is_none_changes_nothing(stack: LocalStack, run: Callable[..., str]) -> None:
    """Steps without the one before, an unknown step, the master's secret: refused, and the login stays."""
    before, current = stack.database_login("reader"), _stages(stack, "reader")["AWSCURRENT"]

    for step in ("setSecret", "testSecret", "finishSecret"):
        with pytest.raises(RotationError, match="is not one that is being made"):
            run("reader", step)
    with pytest.raises(RotationError, match="there is no step 'dropSecret'"):
        run("reader", "dropSecret")
    with pytest.raises(ClientError, match="secretsmanager:DescribeSecret"):
        run("master", "createSecret")

    assert _stages(stack, "reader")["AWSCURRENT"] == current
    assert stack.database_login("reader") == before
    assert _opens(before)


def test_a_pending_login_that_does_not_open_the_database_is_not_made_current(
    stack: LocalStack, run: Callable[..., str]
) -> None:
    """`testSecret` fails when the password was not set, so that Secrets Manager never goes on to the last step."""
    current = _stages(stack, "reader")["AWSCURRENT"]
    token = run("reader", "createSecret")

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        run("reader", "testSecret", token=token)
    assert _stages(stack, "reader")["AWSCURRENT"] == current

    run("reader", *STEPS[1:], token=token)
    assert _stages(stack, "reader")["AWSCURRENT"] == token


def test_no_caller_sees_a_rotation(
    stack: LocalStack, stage: LocalStage, person: Callable[..., Person], run: Callable[..., str]
) -> None:
    """Each login rotates four times under load: over HTTP, and in a process whose connections are all made anew."""
    admin, stop = person("acme", "admin"), Event()
    with _database(stack) as database, ThreadPoolExecutor(7) as threads:
        load = [threads.submit(_over_http, Person(Api(stage.api_url), admin.id_token, ""), stop) for _ in range(2)]
        load += [threads.submit(_with_new_connections, database, login, stop) for login in Login for _ in range(2)]
        forcing = threads.submit(_force_new_connections, database, stop)
        try:
            for login in LOGINS * 4:
                run(login)
                time.sleep(0.3)
        finally:
            stop.set()
        calls = [each.result() for each in load]
        drained = forcing.result()

    assert min(calls) > 10, calls
    assert drained > 10


def _over_http(caller: Person, stop: Event) -> int:
    """Create, read and delete penpals until it stops; any refusal is an error."""
    calls = 0
    while not stop.is_set():
        email = f"{uuid.uuid4()}@example.com"
        created = caller.call("POST", "/penpals", body={"email": email, "display_name": "Load"})
        assert created.status == 201, created
        path = created.headers["location"]
        assert (caller.call("GET", path).status, caller.call("DELETE", path).status) == (200, 204)
        calls += 3
    caller.api.close()
    return calls


def _with_new_connections(database: Database, login: Login, stop: Event) -> int:
    """Read until it stops; a request that got no connection with its login raises."""
    calls = 0
    while not stop.is_set():
        with open_request(), database.tenant_transaction(handle_of(), login) as connection:
            connection.execute("SELECT count(*) FROM penpals")
        calls += 1
    return calls


def _force_new_connections(database: Database, stop: Event) -> int:
    """Have every connection made anew, with the password that the pool was opened with, 20 times a second."""
    drained = 0
    while not stop.wait(0.05):
        for _, pool in list(database._pools.values()):
            if not pool.closed:
                pool.drain()
                drained += 1
    return drained


@contextmanager
def _database(stack: LocalStack) -> Iterator[Database]:
    """Run the application's own data access in this process, with the stack's Secrets Manager."""
    secrets = stack.client("secretsmanager")
    arns = {login: stack.outputs[f"{login}_secret_arn"] for login in Login}
    database = Database(lambda _: secrets, DatabaseSettings(secret_arns=arns, sslmode="disable", connections=2))
    yield database
    database.close()
