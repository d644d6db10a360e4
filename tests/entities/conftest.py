"""Where the stores of the entities' tests keep their rows; no IAM is enforced here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.data.partitions import Partitions
from chalicelib.data.table import Table
from chalicelib.tenancy.tenant import Role, TenantContext
from tests.support.databases import Secrets, migrated_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from mypy_boto3_dynamodb import DynamoDBClient

    from chalicelib.data.database import Database
    from chalicelib.data.storage import Kind


@pytest.fixture(autouse=True)
def _of_one_request(in_request: None) -> None:
    """Let each test open handles."""


@pytest.fixture
def table_of(dynamodb: DynamoDBClient, table_name: str, threads: Executor) -> Callable[..., Table]:
    """Return a function that returns a tenant's rows of a kind, in one pooled table for all tenants."""

    def get(tenant_id: str, kind: Kind, *, versioned: bool = False) -> Table:
        tenant = TenantContext(tenant_id, Role.MEMBER, "user-1", f"someone@{tenant_id}.example.com")
        return Table(dynamodb, table_name, Partitions(tenant, kind), lambda: threads, versioned=versioned)

    return get


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Return a migrated database, both of whose logins every tenant may use."""
    with migrated_server() as (_, secrets):
        manager = Secrets()
        for login, secret in secrets.items():
            manager.store(login, secret)
        database = manager.database()
        yield database
        database.close()
