"""What the database itself does for conversations: refuse changes of the record, keep the tally, keep the words."""

from django.db import migrations

# The stemmer of Spanish needs accents that people do not type, and cuts endings of verbs off nouns that have lost theirs
# (albaran, almacen). So letters are made plain, plurals singular, and «-ción» gets its accent back, on both sides.
# All 298 pairs of `tests/test_search.py` meet. Names are qualified: a dump is restored with an empty path.
SEARCH = """
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION es_norm(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(
        public.unaccent('public.unaccent'::regdictionary, lower($1)),
        '\\m(?!antes\\M)([a-z]+[^aeious\\W\\d])es\\M', '\\1', 'g'),
        '\\m(?!antes\\M)([a-z]{2,}[aeiou])s\\M', '\\1', 'g'),
        '([aiuns])(c|s)ion\\M', '\\1\\2ión', 'g') $$;
CREATE INDEX thread_title_trgm ON threads_thread USING gin (es_norm(title) gin_trgm_ops);
ALTER TABLE threads_words ALTER COLUMN vector SET STATISTICS 1000;
CREATE FUNCTION threads_index_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO threads_words (entry_id, thread_id, customer_id, is_internal, vector)
        SELECT e.id, e.thread_id, e.customer_id, e.is_internal,
               setweight(to_tsvector('pg_catalog.spanish',
                         public.es_norm(CASE WHEN e.seq = 1 THEN t.title ELSE '' END)), 'A')
               || setweight(to_tsvector('pg_catalog.spanish', public.es_norm(left(e.body, 20000))), 'B')
               || array_to_tsvector(CASE WHEN e.is_internal THEN ARRAY['=i']
                                    ELSE ARRAY['=p', '=c' || e.customer_id, '=u' || COALESCE(t.opened_by_id, 0)] END)
        FROM fresh e JOIN threads_thread t ON t.id = e.thread_id;
    RETURN NULL;
END $$;
CREATE TRIGGER entry_words AFTER INSERT ON threads_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION threads_index_words();
"""
SEARCH_UNDO = """
DROP TRIGGER entry_words ON threads_entry;
DROP FUNCTION threads_index_words();
DROP INDEX thread_title_trgm;
DROP FUNCTION es_norm(text);
"""

FINAL = """
CREATE FUNCTION threads_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a conversation is final; a correction is a new entry'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER entry_is_final BEFORE UPDATE OR DELETE ON threads_entry
    FOR EACH ROW EXECUTE FUNCTION threads_refuse();
CREATE TRIGGER entries_stay BEFORE TRUNCATE ON threads_entry
    FOR EACH STATEMENT WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION threads_refuse();
CREATE TRIGGER entry_file_is_final BEFORE UPDATE OR DELETE ON threads_entryfile
    FOR EACH ROW EXECUTE FUNCTION threads_refuse();
CREATE TRIGGER entry_files_stay BEFORE TRUNCATE ON threads_entryfile
    FOR EACH STATEMENT WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION threads_refuse();
"""
FINAL_UNDO = """
DROP TRIGGER entry_files_stay ON threads_entryfile;
DROP TRIGGER entry_file_is_final ON threads_entryfile;
DROP TRIGGER entries_stay ON threads_entry;
DROP TRIGGER entry_is_final ON threads_entry;
DROP FUNCTION threads_refuse();
"""

# Steps are only added, so that two people who move threads never wait for each other's counter.
TALLY = """
CREATE FUNCTION threads_count_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO threads_tally (kind, queue, assignee_id, step)
        SELECT kind, queue, assignee_id, count(*) FROM fresh GROUP BY 1, 2, 3;
    PERFORM pg_notify('amparo_stream', 'queue|0');
    RETURN NULL;
END $$;
CREATE FUNCTION threads_count_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO threads_tally (kind, queue, assignee_id, step)
        SELECT kind, queue, assignee_id, sum(n) FROM (
            SELECT kind, queue, assignee_id, 1 AS n FROM fresh
            UNION ALL SELECT kind, queue, assignee_id, -1 FROM stale) moved
        GROUP BY 1, 2, 3 HAVING sum(n) <> 0;
    PERFORM pg_notify('amparo_stream', 'queue|0');
    RETURN NULL;
END $$;
CREATE FUNCTION threads_count_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO threads_tally (kind, queue, assignee_id, step)
        SELECT kind, queue, assignee_id, -count(*) FROM stale GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER thread_tally_new AFTER INSERT ON threads_thread REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION threads_count_new();
CREATE TRIGGER thread_tally_moved AFTER UPDATE ON threads_thread REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION threads_count_moved();
CREATE TRIGGER thread_tally_gone AFTER DELETE ON threads_thread REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION threads_count_gone();
"""
TALLY_UNDO = """
DROP TRIGGER thread_tally_gone ON threads_thread;
DROP TRIGGER thread_tally_moved ON threads_thread;
DROP TRIGGER thread_tally_new ON threads_thread;
DROP FUNCTION threads_count_gone();
DROP FUNCTION threads_count_moved();
DROP FUNCTION threads_count_new();
"""

NUMBERS = "CREATE SEQUENCE threads_ticket_number; CREATE SEQUENCE threads_case_number;"
NUMBERS_UNDO = "DROP SEQUENCE threads_case_number; DROP SEQUENCE threads_ticket_number;"
UNLOGGED = "ALTER TABLE threads_presence SET UNLOGGED"
LOGGED = "ALTER TABLE threads_presence SET LOGGED"


class Migration(migrations.Migration):
    dependencies = [("threads", "0001_initial")]
    operations = [
        migrations.RunSQL(SEARCH, SEARCH_UNDO),
        migrations.RunSQL(FINAL, FINAL_UNDO),
        migrations.RunSQL(TALLY, TALLY_UNDO),
        migrations.RunSQL(NUMBERS, NUMBERS_UNDO),
        migrations.RunSQL(UNLOGGED, LOGGED),
    ]
