"""Alembic's entry: runs the revisions on the connection that `migrate` hands over, in one transaction."""

from __future__ import annotations

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False, version_table_schema="public")
with context.begin_transaction():
    context.run_migrations()
