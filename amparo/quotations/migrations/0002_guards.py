"""What the database refuses of the catalogue, of quotes and of orders. QUO-2, QUO-3, QUO-5, CAS-1."""

from django.db import migrations

STAYING = ("quote", "serviceorder", "delivery", "delay")

GUARDS = """
CREATE FUNCTION quotations_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was quoted and ordered stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The content of what belongs to a conversation that was purged may be emptied, and nothing else of it. CAS-2
CREATE FUNCTION quotations_is_purge(old jsonb, new jsonb, thread bigint, content text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT old - content = new - content
        AND EXISTS (SELECT FROM public.threads_thread t WHERE t.id = thread AND t.purged_at IS NOT NULL)
$$;

-- A published version of an item is what quotes were made of: it never changes and never goes. QUO-2
CREATE FUNCTION quotations_item_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL THEN
        RAISE EXCEPTION 'version % of item % is published', OLD.number, OLD.item_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER item_version_is_final BEFORE UPDATE OR DELETE ON quotations_itemversion
    FOR EACH ROW EXECUTE FUNCTION quotations_item_guard();

-- What the customer was shown is what he answered. QUO-3
CREATE FUNCTION quotations_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW),
            (SELECT q.thread_id FROM public.quotations_quote q WHERE q.id = OLD.quote_id), ARRAY['lines', 'text', 'terms', 'travel_text', 'values']) THEN
        RETURN NEW;
    END IF;
    IF OLD.presented_at IS NOT NULL THEN
        RAISE EXCEPTION 'version % of quote % was presented', OLD.number, OLD.quote_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER quote_version_is_final BEFORE UPDATE OR DELETE ON quotations_quoteversion
    FOR EACH ROW EXECUTE FUNCTION quotations_version_guard();

-- A quote is decided once, and belongs where it began.
CREATE FUNCTION quotations_quote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW), OLD.thread_id, ARRAY['title', 'words']) THEN RETURN NEW; END IF;
    IF OLD.state IN ('accepted', 'rejected', 'withdrawn') THEN
        RAISE EXCEPTION 'quote % is decided', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.thread_id, NEW.customer_id, NEW.kind, NEW.item_version_id, NEW.changes_order_id, NEW.created_at, NEW.key) IS DISTINCT FROM
       (OLD.thread_id, OLD.customer_id, OLD.kind, OLD.item_version_id, OLD.changes_order_id, OLD.created_at, OLD.key) THEN
        RAISE EXCEPTION 'quote % belongs where it began', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER quote_is_final BEFORE UPDATE ON quotations_quote FOR EACH ROW EXECUTE FUNCTION quotations_quote_guard();

-- An order that ended never moves again; what was accepted stays what it is.
CREATE FUNCTION quotations_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW), OLD.thread_id, ARRAY['title', 'ended_because']) THEN RETURN NEW; END IF;
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'order % has ended', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF (NEW.quote_id, NEW.version_id, NEW.thread_id, NEW.customer_id, NEW.kind, NEW.charge_id, NEW.told, NEW.accepted_at,
        NEW.accepted_by_id, NEW.business_days) IS DISTINCT FROM
       (OLD.quote_id, OLD.version_id, OLD.thread_id, OLD.customer_id, OLD.kind, OLD.charge_id, OLD.told, OLD.accepted_at,
        OLD.accepted_by_id, OLD.business_days) THEN
        RAISE EXCEPTION 'order % stays what was accepted', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER service_order_is_final BEFORE UPDATE ON quotations_serviceorder
    FOR EACH ROW EXECUTE FUNCTION quotations_order_guard();

CREATE FUNCTION quotations_delivery_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW),
            (SELECT o.thread_id FROM public.quotations_serviceorder o WHERE o.id = OLD.order_id), ARRAY['note', 'note_html', 'reasons']) THEN
        RETURN NEW;
    END IF;
    IF OLD.answer <> '' OR
       (NEW.order_id, NEW.number, NEW.note, NEW.note_html, NEW.entry_id, NEW.delivered_at, NEW.delivered_by_id, NEW.key)
       IS DISTINCT FROM
       (OLD.order_id, OLD.number, OLD.note, OLD.note_html, OLD.entry_id, OLD.delivered_at, OLD.delivered_by_id, OLD.key)
    THEN
        RAISE EXCEPTION 'delivery % stays as it was handed over', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER delivery_is_final BEFORE UPDATE ON quotations_delivery
    FOR EACH ROW EXECUTE FUNCTION quotations_delivery_guard();
CREATE FUNCTION quotations_delay_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF quotations_is_purge(to_jsonb(OLD), to_jsonb(NEW),
            (SELECT o.thread_id FROM public.quotations_serviceorder o WHERE o.id = OLD.order_id), ARRAY['reason']) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'delay % stays as it was told', OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER delay_is_final BEFORE UPDATE ON quotations_delay FOR EACH ROW EXECUTE FUNCTION quotations_delay_guard();
"""
UNDO = """
DROP TRIGGER item_version_is_final ON quotations_itemversion;
DROP TRIGGER quote_version_is_final ON quotations_quoteversion;
DROP TRIGGER quote_is_final ON quotations_quote;
DROP TRIGGER service_order_is_final ON quotations_serviceorder;
DROP TRIGGER delivery_is_final ON quotations_delivery;
DROP TRIGGER delay_is_final ON quotations_delay;
DROP FUNCTION quotations_item_guard(), quotations_version_guard(), quotations_quote_guard(), quotations_order_guard(),
    quotations_delivery_guard(), quotations_delay_guard(), quotations_is_purge(jsonb, jsonb, bigint, text[]);
"""
STAY = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE DELETE ON quotations_{table} FOR EACH ROW EXECUTE FUNCTION quotations_stays();
CREATE TRIGGER {table}s_stay BEFORE TRUNCATE ON quotations_{table} FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION quotations_stays();
"""
    for table in STAYING
)
GO = "".join(f"DROP TRIGGER {t}_stays ON quotations_{t}; DROP TRIGGER {t}s_stay ON quotations_{t};\n" for t in STAYING)


class Migration(migrations.Migration):
    dependencies = [("quotations", "0001_initial"), ("threads", "0003_purge")]
    operations = [migrations.RunSQL(GUARDS + STAY, GO + UNDO + "DROP FUNCTION quotations_stays();")]
