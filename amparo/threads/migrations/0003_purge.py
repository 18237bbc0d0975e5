"""What was said may be emptied, once the thread is marked as purged; that it was said, by whom and when, stays. CAS-2."""

from django.db import migrations, models

GO = """
CREATE FUNCTION threads_entry_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body = '' AND NEW.body_html = '' AND NEW.author_name = ''
       AND to_jsonb(NEW) - ARRAY['body', 'body_html', 'author_name'] = to_jsonb(OLD) - ARRAY['body', 'body_html', 'author_name']
       AND EXISTS (SELECT FROM public.threads_thread t WHERE t.id = OLD.thread_id AND t.purged_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the record of a conversation is final; a correction is a new entry'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
DROP TRIGGER entry_is_final ON threads_entry;
CREATE TRIGGER entry_is_final BEFORE UPDATE ON threads_entry FOR EACH ROW EXECUTE FUNCTION threads_entry_guard();
CREATE TRIGGER entry_stays BEFORE DELETE ON threads_entry FOR EACH ROW EXECUTE FUNCTION threads_refuse();

-- Only what has left the queue for good is purged, and nothing is un-purged.
CREATE FUNCTION threads_purge_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.purged_at IS NOT NULL OR NEW.queue <> 'closed' OR NEW.closed_at IS NULL THEN
        RAISE EXCEPTION 'thread % is not to be purged', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER thread_purged_once BEFORE UPDATE ON threads_thread FOR EACH ROW
    WHEN (OLD.purged_at IS DISTINCT FROM NEW.purged_at) EXECUTE FUNCTION threads_purge_guard();
"""
BACK = """
DROP TRIGGER thread_purged_once ON threads_thread;
DROP FUNCTION threads_purge_guard();
DROP TRIGGER entry_stays ON threads_entry;
DROP TRIGGER entry_is_final ON threads_entry;
CREATE TRIGGER entry_is_final BEFORE UPDATE OR DELETE ON threads_entry FOR EACH ROW EXECUTE FUNCTION threads_refuse();
DROP FUNCTION threads_entry_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("threads", "0002_guards")]
    operations = [
        migrations.AddField("thread", "purged_at", models.DateTimeField(null=True)),
        migrations.RunSQL(GO, BACK),
    ]
