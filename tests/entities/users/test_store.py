"""What the directory makes of its rows: users, and the errors of one that is not there or an email that is taken."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import psycopg
import pytest

from chalicelib.data.database import Login
from chalicelib.entities.users import ENTITY, TABLE, EmailTakenError, UserNotFoundError
from chalicelib.entities.users.store import User, UserStore
from tests.support.handles import handle_of, open_request

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.data.rows import Row
    from chalicelib.vending.handles import Handle

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ANN = {"email": "ann@example.com", "display_name": "Ann"}


@dataclass
class RowsInMemory:
    """Stands for one tenant's rows: an email is there once, whatever its case."""

    kept: dict[uuid.UUID, Row] = field(default_factory=dict)

    def page(self, *, limit: int, after: uuid.UUID | None) -> tuple[list[Row], uuid.UUID | None]:
        """See Rows."""
        keys = sorted(key for key in self.kept if after is None or key > after)
        return [dict(self.kept[key]) for key in keys[:limit]], keys[limit - 1] if len(keys) > limit else None

    def get(self, key: uuid.UUID) -> Row | None:
        """See Rows."""
        return self.kept.get(key)

    def insert(self, values: Mapping[str, Any]) -> Row:
        """See Rows."""
        key = uuid.uuid4()
        self._check(key, values)
        self.kept[key] = {"user_id": key, "created_at": NOON, **values}
        return self.kept[key]

    def change(self, key: uuid.UUID, values: Mapping[str, Any]) -> Row | None:
        """See Rows."""
        if key not in self.kept:
            return None
        self._check(key, values)
        self.kept[key] |= values
        return self.kept[key]

    def delete(self, key: uuid.UUID) -> bool:
        """See Rows."""
        return self.kept.pop(key, None) is not None

    def _check(self, key: uuid.UUID, values: Mapping[str, Any]) -> None:
        taken = {row["email"].lower() for other, row in self.kept.items() if other != key}
        if values.get("email", "").lower() in taken:
            raise psycopg.errors.UniqueViolation


@pytest.fixture
def users() -> UserStore:
    """An empty directory."""
    rows: Any = RowsInMemory()
    return UserStore(rows)


def test_a_user_can_be_read_by_id_and_in_a_page(users: UserStore) -> None:
    """As it was added."""
    ann = users.create(**ANN)
    assert ann == User(ann.user_id, "ann@example.com", "Ann", NOON)
    assert users.get(ann.user_id) == ann
    assert users.page(limit=1, after=None) == ([ann], None)


def test_pages_are_by_user_id(users: UserStore) -> None:
    """The last id of a page is where the next one goes on."""
    written = sorted(
        (users.create(email=f"{number}@example.com", display_name="x") for number in range(3)),
        key=lambda user: user.user_id,
    )
    assert users.page(limit=2, after=None) == (written[:2], written[1].user_id)
    assert users.page(limit=2, after=written[1].user_id) == (written[2:], None)


def test_change_changes_the_given_fields_only(users: UserStore) -> None:
    """It returns the user as it is now; its own email is not taken."""
    ann = users.create(**ANN)
    changed = users.change(ann.user_id, display_name="Änn", email="Ann@example.com")
    assert changed == User(ann.user_id, "Ann@example.com", "Änn", NOON)
    assert users.change(ann.user_id, display_name="A.") == User(ann.user_id, "Ann@example.com", "A.", NOON)


def test_a_user_that_is_not_there_is_not_found(users: UserStore) -> None:
    """By no operation, and none creates it."""
    nowhere = uuid.uuid4()
    for attempt in (
        lambda: users.get(nowhere),
        lambda: users.change(nowhere, display_name="x"),
        lambda: users.delete(nowhere),
    ):
        with pytest.raises(UserNotFoundError) as missing:
            attempt()
        assert missing.value.STATUS_CODE == 404
    ann = users.create(**ANN)
    users.delete(ann.user_id)
    with pytest.raises(UserNotFoundError):
        users.delete(ann.user_id)


def test_an_email_that_another_user_has_is_taken(users: UserStore) -> None:
    """By a new user and by a change, and the message does not repeat it."""
    users.create(**ANN)
    bob = users.create(email="bob@example.com", display_name="Bob")
    attempts: list[Callable[[], object]] = [
        lambda: users.create(email="ANN@example.com", display_name="Other"),
        lambda: users.change(bob.user_id, email="Ann@example.com"),
    ]
    for attempt in attempts:
        with pytest.raises(EmailTakenError, match=r"\AAnother user has this email\.\Z") as taken:
            attempt()
        assert taken.value.STATUS_CODE == 409
    assert users.get(bob.user_id) == bob


class Recording:
    """Stands for the database: keeps who writes what, and is told to by nobody but the writer."""

    def __init__(self) -> None:
        self.written: list[tuple[Handle, str, dict[str, Any]]] = []
        self.handle: Handle | None = None

    def tenant_transaction(self, handle: Handle, login: Login) -> Recording:
        """See Database."""
        assert login is Login.WRITER
        self.handle = handle
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def execute(self, statement: Any, values: dict[str, Any]) -> Any:
        """Keep what is executed, which returns no rows."""
        assert self.handle is not None
        self.written.append((self.handle, statement.as_string(), values))
        return self

    rowcount = 1

    def fetchall(self) -> list[Any]:
        """Return nothing, as of an insertion."""
        return []


def test_a_new_tenants_administrator_is_put_into_its_directory_unless_it_is_there() -> None:
    """An onboarding that was interrupted runs again."""
    recording = Recording()
    database: Any = recording
    assert ENTITY.on_onboarded is not None
    with open_request():
        admin = handle_of("acme")
        ENTITY.on_onboarded(database, admin)

    ((handle, statement, values),) = recording.written
    assert handle is admin
    assert statement.startswith(f'INSERT INTO "public"."{TABLE.name}"')
    assert statement.endswith("ON CONFLICT DO NOTHING")
    assert values["tenant"] == "acme"
    assert list(values.values())[-2:] == ["someone@acme.example.com"] * 2
