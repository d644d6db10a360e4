"""The database's schema, as Alembic revisions of plain SQL."""
