"""A fact's content may be emptied, once, and its link stays verifiable: a new kind of link, and the one opening in the guard. CAS-2.

Facts that stand already keep the first kind of link (`hash_version` 1); the function of the first kind stays for what still
calls it.
"""

from django.db import migrations, models

APPEND = """
CREATE FUNCTION history_append(
    p_subject text, p_name text, p_actor text, p_customer bigint, p_at timestamptz, p_body text, p_digest text,
    p_content text, p_salt text, p_reactions text[]
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
    v_hash := encode(sha256(convert_to(v_previous || ':' || v_seq || ':' || p_digest, 'UTF8')), 'hex');
    UPDATE history_chain SET hash = v_hash WHERE subject = p_subject;
    INSERT INTO history_fact (subject, seq, name, actor_ref, customer_id, at, recorded_at, body, data, hash,
                              hash_version, content_sha256, salt)
        VALUES (p_subject, v_seq, p_name, p_actor, p_customer, p_at, clock_timestamp(), p_body,
                (p_body::jsonb) -> 'data', v_hash, 2, p_content, p_salt)
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

-- The one thing that may happen to a fact: its content is emptied, once. Who, what, when and the hash stay.
CREATE FUNCTION history_purge_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL
       AND NEW.body = '' AND NEW.data = '{}'::jsonb AND NEW.salt = ''
       AND (NEW.id, NEW.subject, NEW.seq, NEW.name, NEW.actor_ref, NEW.customer_id, NEW.at, NEW.recorded_at, NEW.hash,
            NEW.hash_version, NEW.content_sha256)
           IS NOT DISTINCT FROM
           (OLD.id, OLD.subject, OLD.seq, OLD.name, OLD.actor_ref, OLD.customer_id, OLD.at, OLD.recorded_at, OLD.hash,
            OLD.hash_version, OLD.content_sha256)
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the record is append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER fact_is_final ON history_fact;
CREATE TRIGGER fact_is_final BEFORE UPDATE ON history_fact FOR EACH ROW EXECUTE FUNCTION history_purge_only();
CREATE TRIGGER fact_stays BEFORE DELETE ON history_fact FOR EACH ROW EXECUTE FUNCTION history_refuse();
"""

UNDO = """
DROP TRIGGER fact_stays ON history_fact;
DROP TRIGGER fact_is_final ON history_fact;
CREATE TRIGGER fact_is_final BEFORE UPDATE OR DELETE ON history_fact FOR EACH ROW EXECUTE FUNCTION history_refuse();
DROP FUNCTION history_purge_only();
DROP FUNCTION history_append(text, text, text, bigint, timestamptz, text, text, text, text, text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("history", "0002_append")]
    operations = [
        migrations.AddField("fact", "hash_version", models.PositiveSmallIntegerField(db_default=1, default=1)),
        migrations.AddField("fact", "content_sha256", models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddField("fact", "salt", models.CharField(blank=True, db_default="", default="", max_length=32)),
        migrations.AddField("fact", "purged_at", models.DateTimeField(null=True)),
        migrations.RunSQL(APPEND, UNDO),
    ]
