"""What the database refuses of complaints: what was said, signed and ruled stays. COM-1 to COM-6, CAS-1."""

from django.db import migrations

TABLES = ("complaint", "statement", "statementfile", "evidence", "opinion", "ruling")

GUARDS = """
CREATE FUNCTION complaints_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record of a complaint is final' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Texts of a purged case may be taken away; that there were some, by whom and when, stays. CAS-2.
CREATE FUNCTION complaints_is_purged(complaint bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM public.complaints_complaint q JOIN public.cases_case c ON c.id = q.case_id
        JOIN public.threads_thread t ON t.id = c.thread_id WHERE q.id = complaint AND t.purged_at IS NOT NULL) $$;

-- A complaint that is decided never moves again; what it is about, its deadline and its amount never change.
CREATE FUNCTION complaints_complaint_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.decided_at IS NOT NULL THEN
        RAISE EXCEPTION 'complaint % is decided', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.id, NEW.case_id, NEW.closing_id, NEW.customer_id, NEW.raised_by_id, NEW.raised_at, NEW.promise_id, NEW.due_at,
        NEW.dispute, NEW.key) IS DISTINCT FROM
       (OLD.id, OLD.case_id, OLD.closing_id, OLD.customer_id, OLD.raised_by_id, OLD.raised_at, OLD.promise_id, OLD.due_at,
        OLD.dispute, OLD.key) THEN
        RAISE EXCEPTION 'complaint % stays as it was raised', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER complaint_is_final BEFORE UPDATE ON complaints_complaint
    FOR EACH ROW EXECUTE FUNCTION complaints_complaint_guard();

CREATE FUNCTION complaints_text_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    texts text[] := ARRAY['body', 'body_html', 'author_name', 'question', 'question_html', 'answered_name', 'reasons',
                          'reasons_html', 'measure', 'by_name'];
BEGIN
    IF to_jsonb(NEW) - texts = to_jsonb(OLD) - texts AND complaints_is_purged(OLD.complaint_id) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the record of a complaint is final' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER statement_is_final BEFORE UPDATE ON complaints_statement
    FOR EACH ROW EXECUTE FUNCTION complaints_text_guard();
CREATE TRIGGER ruling_is_final BEFORE UPDATE ON complaints_ruling
    FOR EACH ROW EXECUTE FUNCTION complaints_text_guard();
CREATE TRIGGER opinion_is_final BEFORE UPDATE ON complaints_opinion
    FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL OR OLD.ended_at IS NOT NULL) EXECUTE FUNCTION complaints_text_guard();

-- What was asked stays while it waits for its answer.
CREATE FUNCTION complaints_question_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.complaint_id, NEW.question, NEW.asked_by_id, NEW.asked_at, NEW.promise_id, NEW.due_at, NEW.key)
       IS DISTINCT FROM
       (OLD.id, OLD.complaint_id, OLD.question, OLD.asked_by_id, OLD.asked_at, OLD.promise_id, OLD.due_at, OLD.key) THEN
        RAISE EXCEPTION 'the question of opinion % stays', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER question_is_final BEFORE UPDATE ON complaints_opinion
    FOR EACH ROW WHEN (OLD.answered_at IS NULL AND OLD.ended_at IS NULL) EXECUTE FUNCTION complaints_question_guard();

CREATE TRIGGER statement_file_is_final BEFORE UPDATE ON complaints_statementfile
    FOR EACH ROW EXECUTE FUNCTION complaints_refuse();
CREATE TRIGGER evidence_is_final BEFORE UPDATE ON complaints_evidence
    FOR EACH ROW EXECUTE FUNCTION complaints_refuse();
"""
UNDO = """
DROP TRIGGER complaint_is_final ON complaints_complaint;
DROP TRIGGER statement_is_final ON complaints_statement;
DROP TRIGGER ruling_is_final ON complaints_ruling;
DROP TRIGGER opinion_is_final ON complaints_opinion;
DROP TRIGGER question_is_final ON complaints_opinion;
DROP TRIGGER statement_file_is_final ON complaints_statementfile;
DROP TRIGGER evidence_is_final ON complaints_evidence;
DROP FUNCTION complaints_complaint_guard(), complaints_text_guard(), complaints_question_guard();
DROP FUNCTION complaints_is_purged(bigint);
"""
STAY = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE DELETE ON complaints_{table} FOR EACH ROW EXECUTE FUNCTION complaints_refuse();
CREATE TRIGGER {table}s_stay BEFORE TRUNCATE ON complaints_{table} FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION complaints_refuse();
"""
    for table in TABLES
)
GO = "".join(f"DROP TRIGGER {t}_stays ON complaints_{t}; DROP TRIGGER {t}s_stay ON complaints_{t};\n" for t in TABLES)


class Migration(migrations.Migration):
    dependencies = [("complaints", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS + STAY, GO + UNDO + "DROP FUNCTION complaints_refuse();")]
