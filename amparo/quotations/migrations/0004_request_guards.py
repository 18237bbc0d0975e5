"""A request as it was sent never changes; once an order froze it, nothing of it does. QUO-4, CAS-6, CAS-2."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION quotations_request_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW), OLD.thread_id, ARRAY['title', 'content', 'files']) THEN RETURN NEW; END IF;
    IF OLD.frozen_at IS NOT NULL THEN
        RAISE EXCEPTION 'request % is frozen by its order', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.sent > 0 AND (NEW.customer_id, NEW.thread_id, NEW.origin_id, NEW.acceptance_id, NEW.sent_at)
       IS DISTINCT FROM (OLD.customer_id, OLD.thread_id, OLD.origin_id, OLD.acceptance_id, OLD.sent_at) THEN
        RAISE EXCEPTION 'request % stays where it was sent', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER request_is_final BEFORE UPDATE ON quotations_servicerequest
    FOR EACH ROW EXECUTE FUNCTION quotations_request_guard();

CREATE FUNCTION quotations_request_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW),
            (SELECT r.thread_id FROM public.quotations_servicerequest r WHERE r.id = OLD.request_id), ARRAY['title', 'content', 'files']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'version % of request % was sent', OLD.number, OLD.request_id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER request_version_is_final BEFORE UPDATE ON quotations_requestversion
    FOR EACH ROW EXECUTE FUNCTION quotations_request_version_guard();
CREATE TRIGGER servicerequest_stays BEFORE DELETE ON quotations_servicerequest
    FOR EACH ROW EXECUTE FUNCTION quotations_stays();
CREATE TRIGGER requestversion_stays BEFORE DELETE ON quotations_requestversion
    FOR EACH ROW EXECUTE FUNCTION quotations_stays();
CREATE TRIGGER servicerequests_stay BEFORE TRUNCATE ON quotations_servicerequest FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION quotations_stays();
CREATE TRIGGER requestversions_stay BEFORE TRUNCATE ON quotations_requestversion FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION quotations_stays();
"""
UNDO = """
DROP TRIGGER request_is_final ON quotations_servicerequest;
DROP TRIGGER request_version_is_final ON quotations_requestversion;
DROP TRIGGER servicerequest_stays ON quotations_servicerequest;
DROP TRIGGER requestversion_stays ON quotations_requestversion;
DROP TRIGGER servicerequests_stay ON quotations_servicerequest;
DROP TRIGGER requestversions_stay ON quotations_requestversion;
DROP FUNCTION quotations_request_guard(), quotations_request_version_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("quotations", "0003_requests")]
    operations = [migrations.RunSQL(GUARDS, UNDO)]
