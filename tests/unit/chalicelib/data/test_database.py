"""Whose rows a transaction shows: those of the tenant of the session, for as long as its request lives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from chalicelib.data.database import Database, DatabaseSettings, Login, Transaction
from chalicelib.errors import HandleClosedError, InvalidTokenError, ScopedCredentialsError, TenantAccessDeniedError
from chalicelib.tenancy.tenant import Role, TenantContext
from chalicelib.vending.sessions import Session
from tests.support.databases import Secrets, migrated_server, refusal
from tests.support.handles import GivenHandle, handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_secretsmanager import SecretsManagerClient

    from chalicelib.vending.handles import Handle


@pytest.fixture(scope="module")
def secrets() -> Iterator[Secrets]:
    """The secrets of the logins of a migrated server."""
    with migrated_server() as (_, logins):
        manager = Secrets()
        for login, secret in logins.items():
            manager.store(login, secret)
        yield manager


class Reading:
    """A database, and with whose session its logins' secrets were read; IAM gives the writer's to administrators."""

    def __init__(self, secrets: Secrets) -> None:
        self.by: list[tuple[str, Role]] = []
        self._secrets = secrets
        arns = {login: login.value for login in Login}
        settings = DatabaseSettings(secret_arns=arns, sslmode="disable", connections=4)
        self.database = Database(self._client, settings)

    def _client(self, handle: Handle) -> SecretsManagerClient:
        session = handle.session()
        self.by.append((session.tenant_id, session.role))
        manager = self._secrets
        if session.role is not Role.ADMIN:
            manager = Secrets({**manager.values, Login.WRITER: refusal("AccessDeniedException")})
        return cast("SecretsManagerClient", manager)


@pytest.fixture
def reading(secrets: Secrets) -> Iterator[Reading]:
    """A database of its own for each test."""
    made = Reading(secrets)
    yield made
    made.database.close()


def shown_to(reading: Reading, handle: Handle, login: Login = Login.READER) -> str:
    """Return the tenant whose rows a transaction shows."""
    with reading.database.tenant_transaction(handle, login) as transaction:
        cursor = transaction.execute("SELECT current_setting('app.current_tenant')")
    return str(cursor.fetchall()[0][0])


@pytest.mark.usefixtures("in_request")
def test_a_transaction_shows_the_rows_of_the_sessions_tenant_whatever_a_context_says(reading: Reading) -> None:
    """The token chose the session; a context that a route makes by hand chooses nothing."""
    assert shown_to(reading, handle_of("acme")) == "acme"
    assert shown_to(reading, handle_of("globex", session=Session.of_function("acme", Role.ADMIN))) == "acme"
    assert shown_to(reading, handle_of("acme", session=Session.of_function("globex", Role.ADMIN))) == "globex"


@pytest.mark.usefixtures("in_request")
def test_a_login_is_had_by_the_role_of_the_session_and_not_by_a_contexts(reading: Reading) -> None:
    """Nor does one session profit from what another has proved."""
    assert shown_to(reading, handle_of("acme"), Login.WRITER) == "acme"
    for context in (handle_of("acme"), handle_of("globex")):
        viewer = GivenHandle(context.tenant, lambda: Session.of_function("acme", Role.VIEWER))
        assert shown_to(reading, viewer) == "acme"
        with pytest.raises(TenantAccessDeniedError):
            shown_to(reading, viewer, Login.WRITER)
    assert set(reading.by) == {("acme", Role.ADMIN), ("acme", Role.VIEWER)}


@pytest.mark.usefixtures("in_request")
def test_a_right_that_was_proved_is_not_proved_again_within_its_time(reading: Reading) -> None:
    """By a request of the same tenant and role."""
    for _ in range(3):
        shown_to(reading, handle_of("acme"))
    assert reading.by == [("acme", Role.ADMIN)]


def test_a_handle_of_another_request_opens_no_transaction(reading: Reading) -> None:
    """Though its tenant's right is proved and a connection is at hand."""
    with open_request():
        kept = handle_of("acme")
        assert shown_to(reading, kept) == "acme"
    with open_request(), pytest.raises(HandleClosedError):
        shown_to(reading, kept)
    with pytest.raises(HandleClosedError):
        shown_to(reading, kept)


def test_a_transaction_that_was_kept_runs_nothing(reading: Reading) -> None:
    """Its connection is another request's by then."""
    kept: list[Transaction] = []
    with open_request(), reading.database.tenant_transaction(handle_of("acme"), Login.READER) as transaction:
        kept.append(transaction)
        transaction.execute("SELECT 1")
    with open_request(), reading.database.tenant_transaction(handle_of("globex"), Login.READER) as another:
        another.execute("SELECT 1")
        with pytest.raises(HandleClosedError):
            kept[0].execute("SELECT 1")


def test_a_transaction_that_outlives_its_request_runs_nothing_more(reading: Reading) -> None:
    """A thread that goes on after the answer."""
    with open_request():
        opened = reading.database.tenant_transaction(handle_of("acme"), Login.READER)
        transaction = opened.__enter__()
        transaction.execute("SELECT 1")
    with pytest.raises(HandleClosedError) as closed:
        transaction.execute("SELECT 1")
    assert not opened.__exit__(HandleClosedError, closed.value, None), "the error goes on, and it was rolled back"


def test_the_result_of_a_statement_runs_no_other_and_is_read_in_its_request_only(reading: Reading) -> None:
    """A cursor of the driver would run anything on a connection that another request uses by then."""
    with open_request():
        with reading.database.tenant_transaction(handle_of("acme"), Login.READER) as transaction:
            result = transaction.execute("SELECT 1")
            with pytest.raises(RuntimeError, match="after its block"):
                result.fetchall()
        assert (result.fetchall(), result.rowcount) == ([(1,)], 1)
        assert {name for name in dir(result) if not name.startswith("_")} == {"fetchall", "rowcount"}
    with open_request():
        with pytest.raises(HandleClosedError):
            result.fetchall()
        with pytest.raises(HandleClosedError):
            assert result.rowcount


def test_a_block_that_goes_on_in_another_request_is_rolled_back(reading: Reading) -> None:
    """A generator that yields within a transaction, and is taken up again by a later request."""

    def rows() -> Iterator[Any]:
        with reading.database.tenant_transaction(handle_of("acme"), Login.READER) as transaction:
            yield transaction.execute("SELECT 1")

    with open_request():
        suspended = rows()
        next(suspended)
    with open_request(), pytest.raises(HandleClosedError):
        next(suspended)


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize("error", [ScopedCredentialsError(), InvalidTokenError("forged")], ids=repr)
def test_without_a_session_there_is_no_transaction(reading: Reading, error: Exception) -> None:
    """Not even for a tenant whose right to the login was proved just now."""
    shown_to(reading, handle_of("acme"))

    def none() -> Any:
        raise error

    with pytest.raises(type(error)):
        shown_to(reading, GivenHandle(TenantContext("acme", Role.ADMIN, "user-1", "a@example.com"), none))
    assert len(reading.by) == 1
