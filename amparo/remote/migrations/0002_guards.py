"""What the database refuses of the record of remote sessions. LIV-2, SEC-40."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION remote_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a remote session stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A session that ended never runs again, and its chain stays as it was sealed; only its recording may be removed. CAS-2
CREATE FUNCTION remote_session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.public_id, NEW.case_id, NEW.engineer_id, NEW.code_hash, NEW.asked, NEW.way, NEW.offered_at) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.case_id, OLD.engineer_id, OLD.code_hash, OLD.asked, OLD.way, OLD.offered_at) THEN
        RAISE EXCEPTION 'remote session % belongs to its case and its engineer', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'ended' AND (NEW.state, NEW.seconds, NEW.ended_at, NEW.end_reason, NEW.consented, NEW.consented_at, NEW.started_at)
       IS DISTINCT FROM (OLD.state, OLD.seconds, OLD.ended_at, OLD.end_reason, OLD.consented, OLD.consented_at, OLD.started_at) THEN
        RAISE EXCEPTION 'remote session % has ended', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.chunks < OLD.chunks OR OLD.purged_at IS NOT NULL AND NEW.purged_at IS DISTINCT FROM OLD.purged_at THEN
        RAISE EXCEPTION 'the record of remote session % only grows', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER remote_session_is_final BEFORE UPDATE ON remote_session FOR EACH ROW EXECUTE FUNCTION remote_session_guard();
CREATE TRIGGER remote_session_stays BEFORE DELETE ON remote_session FOR EACH ROW EXECUTE FUNCTION remote_stays();
CREATE TRIGGER remote_chunk_stays BEFORE UPDATE OR DELETE ON remote_chunk FOR EACH ROW EXECUTE FUNCTION remote_stays();
"""
UNDONE = """
DROP TRIGGER remote_chunk_stays ON remote_chunk;
DROP TRIGGER remote_session_stays ON remote_session;
DROP TRIGGER remote_session_is_final ON remote_session;
DROP FUNCTION remote_session_guard();
DROP FUNCTION remote_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("remote", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDONE)]
