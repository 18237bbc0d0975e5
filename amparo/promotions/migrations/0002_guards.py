"""What the database itself refuses: changed terms of a published promotion, a use that is taken back twice. PRO-1."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION promotions_terms_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NULL THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published promotion is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF ROW(NEW.id, NEW.name, NEW.words, NEW.scope, NEW.kind, NEW.value, NEW.units, NEW.goods, NEW.plans, NEW.products,
           NEW.needs_contract, NEW.code, NEW.starts_at, NEW.uses_max, NEW.uses_per_customer_max, NEW.follows_id,
           NEW.published_at)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.name, OLD.words, OLD.scope, OLD.kind, OLD.value, OLD.units, OLD.goods, OLD.plans, OLD.products,
           OLD.needs_contract, OLD.code, OLD.starts_at, OLD.uses_max, OLD.uses_per_customer_max, OLD.follows_id,
           OLD.published_at) THEN
        RAISE EXCEPTION 'a published promotion keeps its terms' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.ends_at IS NOT NULL AND (NEW.ends_at IS NULL OR NEW.ends_at > OLD.ends_at) THEN
        RAISE EXCEPTION 'a published promotion only ends sooner' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promotion_keeps_its_terms BEFORE UPDATE OR DELETE ON promotions_promotion
    FOR EACH ROW EXECUTE FUNCTION promotions_terms_stay();

CREATE FUNCTION promotions_use_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a use of a promotion is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.given_up_at IS NOT NULL OR ROW(NEW.id, NEW.promotion_id, NEW.customer_id, NEW.subject, NEW.saved, NEW.used_at)
       IS DISTINCT FROM ROW(OLD.id, OLD.promotion_id, OLD.customer_id, OLD.subject, OLD.saved, OLD.used_at) THEN
        RAISE EXCEPTION 'a use of a promotion is given up once' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promotion_use_stays BEFORE UPDATE OR DELETE ON promotions_promotionuse
    FOR EACH ROW EXECUTE FUNCTION promotions_use_stays();
"""
BACK = """
DROP TRIGGER promotion_use_stays ON promotions_promotionuse;
DROP TRIGGER promotion_keeps_its_terms ON promotions_promotion;
DROP FUNCTION promotions_use_stays();
DROP FUNCTION promotions_terms_stay();
"""


class Migration(migrations.Migration):
    dependencies = [("promotions", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
