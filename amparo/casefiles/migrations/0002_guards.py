"""A published key stays published, a hold stays on record, a purge is told and done once. CAS-2, CAS-7."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION casefiles_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'keys, holds and what was purged stay on record' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER signing_key_stays BEFORE DELETE ON casefiles_signingkey FOR EACH ROW EXECUTE FUNCTION casefiles_stays();
CREATE TRIGGER signing_key_is_final BEFORE UPDATE ON casefiles_signingkey FOR EACH ROW
    WHEN ((OLD.fingerprint, OLD.public, OLD.since) IS DISTINCT FROM (NEW.fingerprint, NEW.public, NEW.since))
    EXECUTE FUNCTION casefiles_stays();
CREATE TRIGGER hold_stays BEFORE DELETE ON casefiles_hold FOR EACH ROW EXECUTE FUNCTION casefiles_stays();
CREATE TRIGGER hold_is_final BEFORE UPDATE ON casefiles_hold FOR EACH ROW
    WHEN (OLD.lifted_at IS NOT NULL OR (OLD.case_id, OLD.customer_id, OLD.reason, OLD.set_by_id, OLD.set_at)
          IS DISTINCT FROM (NEW.case_id, NEW.customer_id, NEW.reason, NEW.set_by_id, NEW.set_at))
    EXECUTE FUNCTION casefiles_stays();
CREATE TRIGGER retention_stays BEFORE DELETE ON casefiles_retention FOR EACH ROW EXECUTE FUNCTION casefiles_stays();
-- The day was computed when the case closed; what was purged is purged.
CREATE TRIGGER retention_is_final BEFORE UPDATE ON casefiles_retention FOR EACH ROW
    WHEN (OLD.purged_at IS NOT NULL OR (OLD.case_id, OLD.customer_id, OLD.closed_at, OLD.due_at)
          IS DISTINCT FROM (NEW.case_id, NEW.customer_id, NEW.closed_at, NEW.due_at))
    EXECUTE FUNCTION casefiles_stays();
"""
UNDO = """
DROP TRIGGER signing_key_stays ON casefiles_signingkey;
DROP TRIGGER signing_key_is_final ON casefiles_signingkey;
DROP TRIGGER hold_stays ON casefiles_hold;
DROP TRIGGER hold_is_final ON casefiles_hold;
DROP TRIGGER retention_stays ON casefiles_retention;
DROP TRIGGER retention_is_final ON casefiles_retention;
DROP FUNCTION casefiles_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("casefiles", "0001_initial"), ("cases", "0004_purge")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
