"""What the database itself refuses: changed terms of a contract, a card redeemed or voided twice. CTR-1, CRD-1."""

from django.db import migrations

FORWARD = """
CREATE SEQUENCE contracts_number START 1001;

CREATE FUNCTION contracts_contract_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a contract is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF ROW(NEW.id, NEW.number, NEW.customer_id, NEW.plan_id, NEW.terms, NEW.starts_on, NEW.ends_on, NEW.starts_at,
           NEW.ends_at, NEW.renewed_from_id, NEW.sold_at, NEW.sold_by_id, NEW.key)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.number, OLD.customer_id, OLD.plan_id, OLD.terms, OLD.starts_on, OLD.ends_on, OLD.starts_at,
           OLD.ends_at, OLD.renewed_from_id, OLD.sold_at, OLD.sold_by_id, OLD.key) THEN
        RAISE EXCEPTION 'a contract keeps its terms' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS DISTINCT FROM OLD.cancelled_at THEN
        RAISE EXCEPTION 'a contract is cancelled once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER contract_keeps_its_terms BEFORE UPDATE OR DELETE ON contracts_supportcontract
    FOR EACH ROW EXECUTE FUNCTION contracts_contract_guard();

CREATE FUNCTION contracts_card_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a card is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.redeemed_at IS NOT NULL OR OLD.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a card is redeemed or voided once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF ROW(NEW.id, NEW.batch_id, NEW.position, NEW.code_hash) IS DISTINCT FROM
       ROW(OLD.id, OLD.batch_id, OLD.position, OLD.code_hash) THEN
        RAISE EXCEPTION 'a card keeps its code' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER card_used_once BEFORE UPDATE OR DELETE ON contracts_servicecard
    FOR EACH ROW EXECUTE FUNCTION contracts_card_guard();

CREATE FUNCTION contracts_batch_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a batch of cards stays as it was issued' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER batch_stays BEFORE UPDATE OR DELETE ON contracts_servicecardbatch
    FOR EACH ROW EXECUTE FUNCTION contracts_batch_guard();
"""
BACK = """
DROP TRIGGER batch_stays ON contracts_servicecardbatch;
DROP TRIGGER card_used_once ON contracts_servicecard;
DROP TRIGGER contract_keeps_its_terms ON contracts_supportcontract;
DROP FUNCTION contracts_batch_guard();
DROP FUNCTION contracts_card_guard();
DROP FUNCTION contracts_contract_guard();
DROP SEQUENCE contracts_number;
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
