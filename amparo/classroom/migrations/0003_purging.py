"""The end of a class's time: its recording is removed, its chat is emptied, and nothing else of it changes. CAS-2."""

from django.db import migrations, models

STATES = ["waiting", "making", "ready", "empty", "failed"]
GUARD = """
CREATE FUNCTION classroom_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body = '' AND to_jsonb(NEW) - 'body' = to_jsonb(OLD) - 'body'
       AND EXISTS (SELECT FROM public.classroom_liveclass c WHERE c.id = OLD.live_class_id AND c.purged_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was said in a class, and who was there, stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER line_is_final ON classroom_line;
CREATE TRIGGER line_is_final BEFORE UPDATE ON classroom_line FOR EACH ROW EXECUTE FUNCTION classroom_line_guard();
CREATE TRIGGER line_stays BEFORE DELETE ON classroom_line FOR EACH ROW EXECUTE FUNCTION classroom_stays();
"""
UNDO = """
DROP TRIGGER line_stays ON classroom_line;
DROP TRIGGER line_is_final ON classroom_line;
CREATE TRIGGER line_is_final BEFORE UPDATE OR DELETE ON classroom_line FOR EACH ROW EXECUTE FUNCTION classroom_stays();
DROP FUNCTION classroom_line_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("classroom", "0002_guards")]
    operations = [
        migrations.AddField("liveclass", "purged_at", models.DateTimeField(null=True)),
        migrations.RemoveConstraint("recording", "classfilm_state_known"),
        migrations.AddConstraint(
            "recording", models.CheckConstraint(condition=models.Q(state__in=[*STATES, "removed"]), name="classfilm_state_known")
        ),
        migrations.RunSQL(GUARD, UNDO),
    ]
