"""The database role that the running service connects as: it reads and writes rows, and owns nothing. LED-2, CAS-1, SEC-50.

What the triggers refuse stays refused, for this role can neither drop nor switch off a trigger, nor truncate, nor make a
table, nor write what migrations wrote down. The owner of the tables is used to migrate, back up and restore alone.
"""

import os
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

NAME = "amparo_service"
# Only the owner says what was migrated and with which secrets.
READ_ONLY = ("django_migrations", "amparo_stamp")


def role_of(url: str) -> str:
    """Return the name by which an address of the database signs in."""
    return unquote(urlsplit(url).username or "")


def service_url() -> str | None:
    """Return the address for the running service on a database of one's own, None where no role was made for it."""
    return os.environ.get("DATABASE_SERVICE_URL") or None


def is_ready(owner_url: str, role: str) -> bool:
    """True where the role exists and was given what it needs."""
    with psycopg.connect(owner_url) as connection:
        row = connection.execute(
            "SELECT coalesce(has_table_privilege(oid, to_regclass('people_user'), 'INSERT'), false) "
            "FROM pg_roles WHERE rolname = %s",
            [role],
        ).fetchone()
        return bool(row and row[0])


def make(owner_url: str, role: str, password: str) -> None:
    """Make the role, or give it this password."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = "ALTER" if known else "CREATE"
        connection.execute(
            sql.SQL(verb + " ROLE {} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                sql.Identifier(role), sql.Literal(password)
            )
        )


def grant(owner_url: str, role: str) -> None:
    """Give the role the rows of every table there is and of those to come, and nothing else."""
    given = [
        "GRANT USAGE ON SCHEMA public TO {role}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    ]
    with psycopg.connect(owner_url) as connection:
        for statement in given:
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
        for table in READ_ONLY:
            if connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,):
                connection.execute(
                    sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}").format(
                        sql.Identifier(table), sql.Identifier(role)
                    )
                )
