"""What the database itself does for chats: refuse changes of what was said, but its purge."""

from django.db import migrations

GO = """
CREATE FUNCTION chat_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was said in a chat is final; a correction is a new message'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE FUNCTION chat_message_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL AND NEW.body = '' AND NEW.body_html = '' AND NEW.author_name = ''
       AND to_jsonb(NEW) - ARRAY['body', 'body_html', 'author_name', 'data', 'purged_at']
         = to_jsonb(OLD) - ARRAY['body', 'body_html', 'author_name', 'data', 'purged_at']
       AND EXISTS (SELECT FROM public.chat_chat c WHERE c.id = OLD.chat_id AND c.state = 'ended' AND c.purged_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was said in a chat is final; a correction is a new message'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER message_is_final BEFORE UPDATE ON chat_message FOR EACH ROW EXECUTE FUNCTION chat_message_guard();
CREATE TRIGGER message_stays BEFORE DELETE ON chat_message FOR EACH ROW EXECUTE FUNCTION chat_refuse();
CREATE TRIGGER messages_stay BEFORE TRUNCATE ON chat_message
    FOR EACH STATEMENT WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION chat_refuse();
CREATE TRIGGER message_file_is_final BEFORE UPDATE OR DELETE ON chat_messagefile
    FOR EACH ROW EXECUTE FUNCTION chat_refuse();
CREATE TRIGGER message_files_stay BEFORE TRUNCATE ON chat_messagefile
    FOR EACH STATEMENT WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION chat_refuse();
"""
BACK = """
DROP TRIGGER message_files_stay ON chat_messagefile;
DROP TRIGGER message_file_is_final ON chat_messagefile;
DROP TRIGGER messages_stay ON chat_message;
DROP TRIGGER message_stays ON chat_message;
DROP TRIGGER message_is_final ON chat_message;
DROP FUNCTION chat_message_guard();
DROP FUNCTION chat_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]
    operations = [migrations.RunSQL(GO, BACK)]
