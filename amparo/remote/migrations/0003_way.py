"""The customer chooses how its screen comes: the way is settled when the code is used up, not when it is offered. LIV-2."""

from django.db import migrations

_GUARD = """
CREATE OR REPLACE FUNCTION remote_session_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.public_id, NEW.case_id, NEW.engineer_id, NEW.code_hash, NEW.asked, NEW.offered_at) IS DISTINCT FROM
       (OLD.id, OLD.public_id, OLD.case_id, OLD.engineer_id, OLD.code_hash, OLD.asked, OLD.offered_at) THEN
        RAISE EXCEPTION 'remote session %% belongs to its case and its engineer', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.way IS DISTINCT FROM OLD.way{unless} THEN
        RAISE EXCEPTION 'the way of remote session %% is settled', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'ended' AND (NEW.state, NEW.seconds, NEW.ended_at, NEW.end_reason, NEW.consented, NEW.consented_at, NEW.started_at)
       IS DISTINCT FROM (OLD.state, OLD.seconds, OLD.ended_at, OLD.end_reason, OLD.consented, OLD.consented_at, OLD.started_at) THEN
        RAISE EXCEPTION 'remote session %% has ended', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.chunks < OLD.chunks OR OLD.purged_at IS NOT NULL AND NEW.purged_at IS DISTINCT FROM OLD.purged_at THEN
        RAISE EXCEPTION 'the record of remote session %% only grows', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("remote", "0002_guards")]
    operations = [migrations.RunSQL(_GUARD.format(unless=" AND OLD.state <> 'offered'").replace("%%", "%"), _GUARD.format(unless="").replace("%%", "%"))]
