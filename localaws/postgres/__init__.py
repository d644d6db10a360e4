"""A real PostgreSQL on loopback that ends with whoever started it."""

from localaws.postgres.access import PostgresAccess
from localaws.postgres.errors import PortTakenError, PostgresError
from localaws.postgres.server import Limits, PostgresServer

__all__ = ["Limits", "PortTakenError", "PostgresAccess", "PostgresError", "PostgresServer"]
