"""Users: a table in PostgreSQL under row-level security."""
