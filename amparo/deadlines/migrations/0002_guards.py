"""What was promised never moves: the database refuses to change a version, a kind, or the times of a promise. TIM-8."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION deadlines_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed or removed', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER calendar_version_is_final BEFORE UPDATE OR DELETE ON deadlines_calendarversion
    FOR EACH ROW EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_kind_is_final BEFORE UPDATE OR DELETE ON deadlines_promisekind
    FOR EACH ROW EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_lapse_is_final BEFORE UPDATE OR DELETE ON deadlines_promiselapse
    FOR EACH ROW EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_warning_is_final BEFORE UPDATE OR DELETE ON deadlines_promisewarning
    FOR EACH ROW EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_stays BEFORE DELETE ON deadlines_promise
    FOR EACH ROW EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_times_are_final BEFORE UPDATE ON deadlines_promise FOR EACH ROW
    WHEN ((OLD.kind_id, OLD.kind_code, OLD.subject_ref, OLD.customer_id, OLD.calendar_version_id, OLD.counting,
           OLD.amount, OLD.started_at, OLD.due_at, OLD.warn_percents, OLD.warn_ats, OLD.key)
        IS DISTINCT FROM
          (NEW.kind_id, NEW.kind_code, NEW.subject_ref, NEW.customer_id, NEW.calendar_version_id, NEW.counting,
           NEW.amount, NEW.started_at, NEW.due_at, NEW.warn_percents, NEW.warn_ats, NEW.key))
    EXECUTE FUNCTION deadlines_refuse();
CREATE TRIGGER promise_outcome_is_final BEFORE UPDATE ON deadlines_promise FOR EACH ROW
    WHEN ((OLD.state IN ('kept', 'ended') AND (NEW.state, NEW.met_at, NEW.ended_at, NEW.margin_seconds)
            IS DISTINCT FROM (OLD.state, OLD.met_at, OLD.ended_at, OLD.margin_seconds))
        OR (OLD.state = 'lapsed' AND (NEW.state <> 'lapsed'
            OR (OLD.met_at IS NOT NULL AND (NEW.met_at, NEW.margin_seconds)
                IS DISTINCT FROM (OLD.met_at, OLD.margin_seconds)))))
    EXECUTE FUNCTION deadlines_refuse();
"""

UNDO = """
DROP TRIGGER promise_outcome_is_final ON deadlines_promise;
DROP TRIGGER promise_times_are_final ON deadlines_promise;
DROP TRIGGER promise_stays ON deadlines_promise;
DROP TRIGGER promise_warning_is_final ON deadlines_promisewarning;
DROP TRIGGER promise_lapse_is_final ON deadlines_promiselapse;
DROP TRIGGER promise_kind_is_final ON deadlines_promisekind;
DROP TRIGGER calendar_version_is_final ON deadlines_calendarversion;
DROP FUNCTION deadlines_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
