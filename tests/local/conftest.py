"""What only the tests of the core share; the stack is that of tests/conftest.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from stage.local.stack import LocalStack
    from tests.support.people import Person


@pytest.fixture
def penpals(person: Callable[..., Person], stack: LocalStack) -> Callable[[str], Person]:
    """Return a function that returns a tenant's administrator, in a table without any tenant's penpals."""
    with psycopg.connect(**stack.database_login("master"), autocommit=True) as master:
        master.execute("DELETE FROM penpals")
    return lambda tenant: person(tenant, "admin")
