"""The users of all tenants, under row-level security; the two logins of the application."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Plain SQL, so that what protects the rows is read here and not in a library.
STATEMENTS = """
-- Roles belong to the server, not to the database: another database's migration may have made them. Each login has a
-- twin that inherits its grants, for rotation by alternating users. Passwords are set from the secrets, not here.
DO $$
DECLARE login text;
BEGIN
    FOREACH login IN ARRAY ARRAY['app_reader', 'app_writer'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', login);
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login || '_clone') THEN
            EXECUTE format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE INHERIT IN ROLE %I',
                           login || '_clone', login);
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_roles
               WHERE rolname IN ('app_reader', 'app_reader_clone', 'app_writer', 'app_writer_clone')
               AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication)) THEN
        RAISE EXCEPTION 'a role with the name of an application login exists already, and it may do too much';
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO app_reader, app_writer', current_database());
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO app_reader, app_writer;

CREATE TABLE public.users (
    tenant_id text NOT NULL CHECK (tenant_id ~ '^[a-z0-9][a-z0-9-]{1,30}[a-z0-9]$'),
    user_id uuid NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, user_id)
);
CREATE UNIQUE INDEX users_email ON public.users (tenant_id, lower(email));

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.users FORCE ROW LEVEL SECURITY;

-- The setting is '' after a transaction that made it, and null before the first one: both are no tenant. The sub-select
-- is evaluated once per query and not once per row.
CREATE POLICY tenant_policy ON public.users
    USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')))
    WITH CHECK (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')));

GRANT SELECT ON public.users TO app_reader, app_writer;
GRANT INSERT, DELETE, UPDATE (email, display_name) ON public.users TO app_writer;
"""


def upgrade() -> None:
    """Apply."""
    op.execute(STATEMENTS)
