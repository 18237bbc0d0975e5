"""The test database between tests that commit: every table as migrations left it, in a few hundredths of a second.

Django's flush truncates all tables and makes content types and permissions anew, which takes a second or two, a hundred times as
long as to delete the few rows that a test left. What migrations made comes back with its numbers.
"""

from __future__ import annotations

from asgiref.sync import SyncToAsync
from django.db import OperationalError, connection, connections
from psycopg.errors import DeadlockDetected

TRIES_MAX = 5

# Triggers are not asked where that is allowed, for some forbid it. A table that a test filled is emptied whole, so that it is
# small again; so are all by who may not pass triggers over.
FUNCTIONS = """
CREATE SCHEMA seeds;
CREATE FUNCTION seeds.filled() RETURNS SETOF name LANGUAGE plpgsql AS $$
DECLARE
    one name;
    is_filled boolean;
BEGIN
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', one) INTO is_filled;
        IF is_filled THEN
            RETURN NEXT one;
        END IF;
    END LOOP;
END $$;
CREATE FUNCTION seeds.keep() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    one name;
BEGIN
    FOR one IN SELECT * FROM seeds.filled() LOOP
        EXECUTE format('CREATE TABLE seeds.%I AS TABLE public.%I', one, one);
    END LOOP;
END $$;
CREATE FUNCTION seeds.reset() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_free boolean := has_parameter_privilege('session_replication_role', 'SET');
    one name;
    many text;
    names text;
BEGIN
    IF is_free THEN
        SET LOCAL session_replication_role = replica;
    END IF;
    FOR one IN SELECT * FROM seeds.filled() LOOP
        IF NOT is_free OR pg_relation_size(format('public.%I', one)) > 4000000 THEN
            many := concat_ws(', ', many, format('public.%I', one));
        ELSE
            EXECUTE format('DELETE FROM public.%I', one);
        END IF;
    END LOOP;
    IF many IS NOT NULL THEN
        EXECUTE format('TRUNCATE %s CASCADE', many);
    END IF;
    FOR one IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'seeds'::regnamespace LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO names FROM pg_attribute
        WHERE attrelid = format('public.%I', one)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
        EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM seeds.%I', one, names, names, one);
    END LOOP;
    IF is_free THEN
        SET LOCAL session_replication_role = origin;
    END IF;
END $$;
"""


def keep() -> None:
    """Keep what migrations filled in, once for each database: the vendor's pockets, the first tariff, the policies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regproc('seeds.reset') IS NULL")
        if cursor.fetchone()[0]:
            cursor.execute("DROP SCHEMA IF EXISTS seeds CASCADE")
            cursor.execute(FUNCTIONS)
            cursor.execute("SELECT seeds.keep()")


def reset() -> None:
    """Put back what was kept, and nothing else; by a new connection where a test lost its own.

    The thread in which coroutines ask the database forgets its connection: what becomes of it meanwhile harms no later test. Who
    still writes, as a page of a story that failed, may stand in the way; he is let go first.
    """
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()
    if connection.connection is not None and connection.connection.closed:
        connection.close()
    for tries_left in reversed(range(TRIES_MAX)):
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT seeds.reset()")
            return
        except OperationalError as error:
            if not (isinstance(error.__cause__, DeadlockDetected) and tries_left):
                raise
