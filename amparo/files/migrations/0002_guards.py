"""What an attached file is, stays: the record shows it. CAS-1."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION files_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.subject = '' AND (TG_OP = 'DELETE' OR (NEW.sha256 = OLD.sha256 AND NEW.public_id = OLD.public_id)) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'an attached file is final' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER file_is_final BEFORE UPDATE OR DELETE ON files_storedfile
    FOR EACH ROW EXECUTE FUNCTION files_keep();
"""
UNDO = "DROP TRIGGER file_is_final ON files_storedfile; DROP FUNCTION files_keep();"


class Migration(migrations.Migration):
    dependencies = [("files", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
