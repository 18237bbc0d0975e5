"""What the database refuses of the classroom: what was written in a chat stays, and so does a stay that ended. LIV-1, LIV-3."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION classroom_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was said in a class, and who was there, stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER line_is_final BEFORE UPDATE OR DELETE ON classroom_line FOR EACH ROW EXECUTE FUNCTION classroom_stays();
CREATE TRIGGER line_is_kept BEFORE TRUNCATE ON classroom_line FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION classroom_stays();
CREATE TRIGGER presence_is_kept BEFORE DELETE ON classroom_presence FOR EACH ROW EXECUTE FUNCTION classroom_stays();
CREATE TRIGGER presence_is_final BEFORE UPDATE ON classroom_presence FOR EACH ROW
    WHEN (OLD.left_at IS NOT NULL OR NEW.joined_at IS DISTINCT FROM OLD.joined_at OR NEW.participant_id IS DISTINCT FROM OLD.participant_id)
    EXECUTE FUNCTION classroom_stays();
"""
UNDO = """
DROP TRIGGER presence_is_final ON classroom_presence;
DROP TRIGGER presence_is_kept ON classroom_presence;
DROP TRIGGER line_is_kept ON classroom_line;
DROP TRIGGER line_is_final ON classroom_line;
DROP FUNCTION classroom_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("classroom", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
