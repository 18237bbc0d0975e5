"""The words of what is contested are emptied with their purged case; its charges, effects and amounts stay. CAS-2."""

from django.db import migrations

_SAID = """
CREATE OR REPLACE FUNCTION complaints_complaint_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {purge}
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
"""
_PURGE = """
    IF to_jsonb(NEW) - 'dispute' = to_jsonb(OLD) - 'dispute' AND complaints_is_purged(OLD.id)
       AND NEW.dispute = complaints_without_words(OLD.dispute) THEN
        RETURN NEW;
    END IF;
"""
GO = (
    """
CREATE FUNCTION complaints_without_words(dispute jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_agg(one || '{"words": ""}' ORDER BY place), '[]')
    FROM jsonb_array_elements(dispute) WITH ORDINALITY AS each (one, place) $$;
"""
    + _SAID.replace("{purge}", _PURGE)
)
BACK = _SAID.replace("{purge}", "") + "DROP FUNCTION complaints_without_words(jsonb);"


class Migration(migrations.Migration):
    dependencies = [("complaints", "0002_guards"), ("threads", "0003_purge")]
    operations = [migrations.RunSQL(GO, BACK)]
