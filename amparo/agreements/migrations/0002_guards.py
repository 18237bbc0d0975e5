"""A published version never changes; an acceptance is of a published version in force, of its very text, and stays. AGR-1."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION agreements_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'agreements: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END $$;

CREATE FUNCTION agreements_acceptance_is_true() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    read agreements_agreementversion;
BEGIN
    SELECT * INTO read FROM agreements_agreementversion WHERE id = NEW.version_id;
    IF read.published_at IS NULL OR read.starts_at > NEW.accepted_at
       OR NEW.text_hash IS DISTINCT FROM (CASE NEW.language WHEN 'en' THEN read.hash_en ELSE read.hash_es END) THEN
        RAISE EXCEPTION 'agreements: only the text of a version in force is accepted'
            USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER version_is_final BEFORE UPDATE ON agreements_agreementversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION agreements_refuse();
CREATE TRIGGER version_stays BEFORE DELETE ON agreements_agreementversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION agreements_refuse();
CREATE TRIGGER versions_stay BEFORE TRUNCATE ON agreements_agreementversion FOR EACH STATEMENT
    WHEN (current_database() NOT LIKE '%test%' OR current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION agreements_refuse();
CREATE TRIGGER acceptance_is_true BEFORE INSERT ON agreements_acceptance FOR EACH ROW
    EXECUTE FUNCTION agreements_acceptance_is_true();
CREATE TRIGGER acceptance_is_final BEFORE UPDATE OR DELETE ON agreements_acceptance FOR EACH ROW
    EXECUTE FUNCTION agreements_refuse();
CREATE TRIGGER acceptances_stay BEFORE TRUNCATE ON agreements_acceptance FOR EACH STATEMENT
    WHEN (current_database() NOT LIKE '%test%' OR current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION agreements_refuse();
"""

UNDO = """
DROP TRIGGER acceptances_stay ON agreements_acceptance;
DROP TRIGGER acceptance_is_final ON agreements_acceptance;
DROP TRIGGER acceptance_is_true ON agreements_acceptance;
DROP TRIGGER versions_stay ON agreements_agreementversion;
DROP TRIGGER version_stays ON agreements_agreementversion;
DROP TRIGGER version_is_final ON agreements_agreementversion;
DROP FUNCTION agreements_acceptance_is_true();
DROP FUNCTION agreements_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("agreements", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
