"""The one way to add a fact, in one round trip, and the refusal of every other write. CAS-1."""

from django.db import migrations

APPEND = """
CREATE FUNCTION history_append(
    p_subject text, p_name text, p_actor text, p_customer bigint, p_at timestamptz, p_body text, p_reactions text[]
) RETURNS TABLE (fact_id bigint, fact_seq int) LANGUAGE plpgsql AS $$
DECLARE
    v_seq int;
    v_previous text;
    v_hash text;
    v_id bigint;
BEGIN
    -- The subject's own row is the lock: two facts of one subject wait for each other, of two subjects never.
    INSERT INTO history_chain AS c (subject, seq, hash) VALUES (p_subject, 1, '')
        ON CONFLICT (subject) DO UPDATE SET seq = c.seq + 1
        RETURNING c.seq, c.hash INTO v_seq, v_previous;
    v_hash := encode(sha256(convert_to(v_previous || ':' || v_seq || ':' || p_body, 'UTF8')), 'hex');
    UPDATE history_chain SET hash = v_hash WHERE subject = p_subject;
    INSERT INTO history_fact (subject, seq, name, actor_ref, customer_id, at, recorded_at, body, data, hash)
        VALUES (p_subject, v_seq, p_name, p_actor, p_customer, p_at, clock_timestamp(), p_body,
                (p_body::jsonb) -> 'data', v_hash)
        RETURNING id INTO v_id;
    IF cardinality(p_reactions) > 0 THEN
        INSERT INTO history_delivery (fact_id, reaction, attempts, error)
            SELECT v_id, unnest(p_reactions), 0, '';
        PERFORM pg_notify('amparo_work', 'outbox');
    END IF;
    PERFORM pg_notify('amparo_stream', p_subject || '|' || v_id);
    IF p_customer IS NOT NULL AND p_subject <> 'customer:' || p_customer THEN
        PERFORM pg_notify('amparo_stream', 'customer:' || p_customer || '|' || v_id);
    END IF;
    RETURN QUERY SELECT v_id, v_seq;
END $$;

CREATE FUNCTION history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER fact_is_final BEFORE UPDATE OR DELETE ON history_fact
    FOR EACH ROW EXECUTE FUNCTION history_refuse();
CREATE TRIGGER facts_stay BEFORE TRUNCATE ON history_fact
    FOR EACH STATEMENT WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION history_refuse();
"""

UNDO = """
DROP TRIGGER facts_stay ON history_fact;
DROP TRIGGER fact_is_final ON history_fact;
DROP FUNCTION history_refuse();
DROP FUNCTION history_append(text, text, text, bigint, timestamptz, text, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0001_initial")]
    operations = [migrations.RunSQL(APPEND, UNDO)]
