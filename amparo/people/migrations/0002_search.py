"""The NIC's sequence, columns that finding a caller reads (plain names, digits: TEL-1), the cache of sign-in's limits."""

from django.db import migrations

WORDS = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;

-- Small letters without accents. unaccent() alone is not immutable; named in full, its dictionary is.
CREATE FUNCTION amparo_plain(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, $1)) $$;
CREATE FUNCTION amparo_digits(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS
    $$ SELECT regexp_replace($1, '[^0-9]', '', 'g') $$;
"""
NO_WORDS = "DROP FUNCTION amparo_digits(text); DROP FUNCTION amparo_plain(text);"

COLUMNS = """
ALTER TABLE people_customer
    ADD COLUMN name_plain text COLLATE "C" GENERATED ALWAYS AS (public.amparo_plain(name || ' ' || legal_name)) STORED,
    ADD COLUMN phone_digits text GENERATED ALWAYS AS (public.amparo_digits(phone)) STORED;
ALTER TABLE people_user
    ADD COLUMN name_plain text COLLATE "C" GENERATED ALWAYS AS (public.amparo_plain(name)) STORED,
    ADD COLUMN phone_digits text GENERATED ALWAYS AS (public.amparo_digits(phone)) STORED;
ALTER TABLE people_contact
    ADD COLUMN phone_digits text GENERATED ALWAYS AS (public.amparo_digits(phone)) STORED;
CREATE INDEX customer_name_words ON people_customer USING gin (name_plain gin_trgm_ops);
CREATE INDEX customer_name_start ON people_customer (name_plain, id);
CREATE INDEX customer_phone_digits ON people_customer USING gin (phone_digits gin_trgm_ops) WHERE phone_digits <> '';
CREATE INDEX customer_nic_start ON people_customer (nic COLLATE "C");
CREATE INDEX customer_email ON people_customer (lower(email)) WHERE email <> '';
CREATE INDEX user_name_words ON people_user USING gin (name_plain gin_trgm_ops);
CREATE INDEX user_name_start ON people_user (name_plain, id);
CREATE INDEX user_phone_digits ON people_user USING gin (phone_digits gin_trgm_ops) WHERE phone_digits <> '';
CREATE INDEX contact_phone_digits ON people_contact USING gin (phone_digits gin_trgm_ops) WHERE phone_digits <> '';
"""
NO_COLUMNS = """
DROP INDEX customer_email; DROP INDEX user_name_start; DROP INDEX customer_nic_start; DROP INDEX customer_name_start;
ALTER TABLE people_contact DROP COLUMN phone_digits;
ALTER TABLE people_user DROP COLUMN phone_digits, DROP COLUMN name_plain;
ALTER TABLE people_customer DROP COLUMN phone_digits, DROP COLUMN name_plain;
"""

NIC = """
CREATE SEQUENCE people_nic START 10001;
CREATE FUNCTION people_nic_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a NIC is never changed and never given up' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER nic_stays BEFORE UPDATE OF nic ON people_customer
    FOR EACH ROW WHEN (OLD.nic IS DISTINCT FROM NEW.nic) EXECUTE FUNCTION people_nic_stays();
CREATE TRIGGER customer_stays BEFORE DELETE ON people_customer
    FOR EACH ROW EXECUTE FUNCTION people_nic_stays();
"""
NO_NIC = """
DROP TRIGGER customer_stays ON people_customer; DROP TRIGGER nic_stays ON people_customer;
DROP FUNCTION people_nic_stays(); DROP SEQUENCE people_nic;
"""

# The table of django.core.cache's DatabaseCache: limits of attempts and used codes are counted there, for all processes.
CACHE = """
CREATE TABLE IF NOT EXISTS amparo_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS amparo_cache_expires ON amparo_cache (expires);
"""
NO_CACHE = "DROP TABLE amparo_cache;"


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(WORDS, NO_WORDS),
        migrations.RunSQL(COLUMNS, NO_COLUMNS),
        migrations.RunSQL(NIC, NO_NIC),
        migrations.RunSQL(CACHE, NO_CACHE),
    ]
