"""What can keep a PostgreSQL from running."""

from __future__ import annotations


class PostgresError(Exception):
    """There is no usable PostgreSQL; the message is for a person and says what to do."""


class PortTakenError(PostgresError):
    """Something else listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken: stop what listens there, or choose another port for PostgreSQL")
