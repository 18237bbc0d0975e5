"""What the database refuses of the record of a case. CAS-1."""

from django.db import migrations

TABLES = ("case", "clockrun", "order", "closing", "furtherneed", "caselink")

GUARDS = """
CREATE FUNCTION cases_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a case stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A case that ended never moves again; its number, customer and conversation never change.
CREATE FUNCTION cases_case_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('closed', 'withdrawn') THEN
        RAISE EXCEPTION 'case % has ended', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.id, NEW.thread_id, NEW.customer_id, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.thread_id, OLD.customer_id, OLD.created_at) THEN
        RAISE EXCEPTION 'case % belongs where it began', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER case_is_final BEFORE UPDATE ON cases_case FOR EACH ROW EXECUTE FUNCTION cases_case_guard();

CREATE FUNCTION cases_run_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.stopped_at IS NOT NULL OR (NEW.case_id, NEW.started_at, NEW.started_by_id) IS DISTINCT FROM
       (OLD.case_id, OLD.started_at, OLD.started_by_id) THEN
        RAISE EXCEPTION 'a run of a clock is stopped once' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER run_is_final BEFORE UPDATE ON cases_clockrun FOR EACH ROW EXECUTE FUNCTION cases_run_guard();

-- What the customer was shown is what he answered: texts, price and date of an order stay, and it is answered once.
CREATE FUNCTION cases_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'proposed' OR
       (NEW.case_id, NEW.description, NEW.description_html, NEW.needs, NEW.travel, NEW.delivery_on, NEW.proposed_at, NEW.key)
       IS DISTINCT FROM
       (OLD.case_id, OLD.description, OLD.description_html, OLD.needs, OLD.travel, OLD.delivery_on, OLD.proposed_at, OLD.key)
    THEN
        RAISE EXCEPTION 'order % stays as it was proposed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_is_final BEFORE UPDATE ON cases_order FOR EACH ROW EXECUTE FUNCTION cases_order_guard();

CREATE FUNCTION cases_closing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answer <> '' OR
       (NEW.case_id, NEW.reason, NEW.summary, NEW.summary_html, NEW.explanation, NEW.procedure, NEW.effects, NEW.seconds,
        NEW.proposed_at, NEW.reminder_at, NEW.tacit_at, NEW.key) IS DISTINCT FROM
       (OLD.case_id, OLD.reason, OLD.summary, OLD.summary_html, OLD.explanation, OLD.procedure, OLD.effects, OLD.seconds,
        OLD.proposed_at, OLD.reminder_at, OLD.tacit_at, OLD.key)
    THEN
        RAISE EXCEPTION 'closing % stays as it was proposed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER closing_is_final BEFORE UPDATE ON cases_closing FOR EACH ROW EXECUTE FUNCTION cases_closing_guard();

CREATE FUNCTION cases_need_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.choice <> '' OR (NEW.case_id, NEW.description, NEW.charge_id, NEW.raised_at, NEW.key) IS DISTINCT FROM
       (OLD.case_id, OLD.description, OLD.charge_id, OLD.raised_at, OLD.key) THEN
        RAISE EXCEPTION 'need % is chosen once', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER need_is_final BEFORE UPDATE ON cases_furtherneed FOR EACH ROW EXECUTE FUNCTION cases_need_guard();
CREATE TRIGGER link_is_final BEFORE UPDATE ON cases_caselink FOR EACH ROW EXECUTE FUNCTION cases_stays();
"""
UNDO = """
DROP TRIGGER case_is_final ON cases_case;
DROP TRIGGER run_is_final ON cases_clockrun;
DROP TRIGGER order_is_final ON cases_order;
DROP TRIGGER closing_is_final ON cases_closing;
DROP TRIGGER need_is_final ON cases_furtherneed;
DROP TRIGGER link_is_final ON cases_caselink;
DROP FUNCTION cases_case_guard(), cases_run_guard(), cases_order_guard(), cases_closing_guard(), cases_need_guard();
"""
STAY = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE DELETE ON cases_{table} FOR EACH ROW EXECUTE FUNCTION cases_stays();
CREATE TRIGGER {table}s_stay BEFORE TRUNCATE ON cases_{table} FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION cases_stays();
"""
    for table in TABLES
)
GO = "".join(f"DROP TRIGGER {t}_stays ON cases_{t}; DROP TRIGGER {t}s_stay ON cases_{t};\n" for t in TABLES)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS + STAY, GO + UNDO + "DROP FUNCTION cases_stays();")]
