"""What the database refuses of the campus: the log grows only; what was published, marked and certified stays. SRC-4."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION campus_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was published, learned and certified stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The log is what progress is made of: it grows, and nothing else.
CREATE TRIGGER step_is_final BEFORE UPDATE ON campus_step FOR EACH ROW EXECUTE FUNCTION campus_stays();
-- What was published is what people learned and were marked by.
CREATE TRIGGER course_version_is_final BEFORE UPDATE ON campus_courseversion FOR EACH ROW EXECUTE FUNCTION campus_stays();

-- A paper keeps its questions; once marked nothing of it changes.
CREATE FUNCTION campus_attempt_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.marked_at IS NOT NULL OR
       (NEW.enrolment_id, NEW.version_id, NEW.lesson, NEW.number, NEW.paper, NEW.started_at, NEW.due_at) IS DISTINCT FROM
       (OLD.enrolment_id, OLD.version_id, OLD.lesson, OLD.number, OLD.paper, OLD.started_at, OLD.due_at) THEN
        RAISE EXCEPTION 'attempt % is marked', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER attempt_is_final BEFORE UPDATE ON campus_attempt FOR EACH ROW EXECUTE FUNCTION campus_attempt_guard();

-- A certificate says for ever what it said; only when its holder is reminded next may change.
CREATE FUNCTION campus_certificate_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'remind_at' IS DISTINCT FROM to_jsonb(OLD) - 'remind_at' THEN
        RAISE EXCEPTION 'certificate % stays as it was issued', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER certificate_is_final BEFORE UPDATE ON campus_certificate FOR EACH ROW EXECUTE FUNCTION campus_certificate_guard();

-- An enrolment belongs where it began, and one that was cancelled stays so; one that started never goes back.
CREATE FUNCTION campus_enrolment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'cancelled' OR (OLD.started_at IS NOT NULL AND NEW.started_at IS DISTINCT FROM OLD.started_at) OR
       (NEW.course_id, NEW.person_id, NEW.customer_id, NEW.seat_id, NEW.enrolled_at, NEW.key) IS DISTINCT FROM
       (OLD.course_id, OLD.person_id, OLD.customer_id, OLD.seat_id, OLD.enrolled_at, OLD.key) OR
       (OLD.charge_id IS NOT NULL AND NEW.charge_id IS DISTINCT FROM OLD.charge_id) THEN
        RAISE EXCEPTION 'enrolment % stays what it is', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER enrolment_is_kept BEFORE UPDATE ON campus_enrolment FOR EACH ROW EXECUTE FUNCTION campus_enrolment_guard();

-- A seat that was used or given back is so for good.
CREATE FUNCTION campus_seat_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('used', 'returned') OR (NEW.order_id, NEW.customer_id, NEW.course_id, NEW.number) IS DISTINCT FROM
       (OLD.order_id, OLD.customer_id, OLD.course_id, OLD.number) THEN
        RAISE EXCEPTION 'seat % is used or given back', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER seat_is_kept BEFORE UPDATE ON campus_seat FOR EACH ROW EXECUTE FUNCTION campus_seat_guard();
"""
UNDO = """
DROP TRIGGER step_is_final ON campus_step;
DROP TRIGGER course_version_is_final ON campus_courseversion;
DROP TRIGGER attempt_is_final ON campus_attempt;
DROP TRIGGER certificate_is_final ON campus_certificate;
DROP TRIGGER enrolment_is_kept ON campus_enrolment;
DROP TRIGGER seat_is_kept ON campus_seat;
DROP FUNCTION campus_attempt_guard(), campus_certificate_guard(), campus_enrolment_guard(), campus_seat_guard();
"""
STAYING = ("step", "courseversion", "attempt", "certificate", "enrolment", "seat", "seatorder")
STAY = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE DELETE ON campus_{table} FOR EACH ROW EXECUTE FUNCTION campus_stays();
CREATE TRIGGER {table}s_stay BEFORE TRUNCATE ON campus_{table} FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION campus_stays();
"""
    for table in STAYING
)
GO = "".join(f"DROP TRIGGER {t}_stays ON campus_{t}; DROP TRIGGER {t}s_stay ON campus_{t};\n" for t in STAYING)


class Migration(migrations.Migration):
    dependencies = [("campus", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS + STAY, GO + UNDO + "DROP FUNCTION campus_stays();")]
