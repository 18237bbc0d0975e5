"""What the database itself refuses: changed amounts of a sale, changed payments and refunds. CHG-10, SEC-50."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION sales_sale_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a sale is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF ROW(NEW.id, NEW.customer_id, NEW.plan_id, NEW.card_offer_id, NEW.renews_id, NEW.what, NEW.quantity, NEW.unit_price,
           NEW.gross, NEW.discount, NEW.net, NEW.tax_percent, NEW.tax, NEW.total, NEW.currency, NEW.promotion, NEW.placed_at,
           NEW.placed_by_id, NEW.key)
       IS DISTINCT FROM
       ROW(OLD.id, OLD.customer_id, OLD.plan_id, OLD.card_offer_id, OLD.renews_id, OLD.what, OLD.quantity, OLD.unit_price,
           OLD.gross, OLD.discount, OLD.net, OLD.tax_percent, OLD.tax, OLD.total, OLD.currency, OLD.promotion, OLD.placed_at,
           OLD.placed_by_id, OLD.key) THEN
        RAISE EXCEPTION 'a sale keeps its price' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'activated' AND (NEW.state, NEW.contract_id, NEW.batch_id, NEW.paid_at, NEW.activated_at)
       IS DISTINCT FROM (OLD.state, OLD.contract_id, OLD.batch_id, OLD.paid_at, OLD.activated_at) THEN
        RAISE EXCEPTION 'a sale is activated once' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state = 'cancelled' AND NEW.state <> 'cancelled' THEN
        RAISE EXCEPTION 'a cancelled sale stays so' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER sale_keeps_its_price BEFORE UPDATE OR DELETE ON sales_sale
    FOR EACH ROW EXECUTE FUNCTION sales_sale_guard();

CREATE FUNCTION sales_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sales: % of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER payment_stays BEFORE UPDATE OR DELETE ON sales_payment FOR EACH ROW EXECUTE FUNCTION sales_refuse();
CREATE TRIGGER refund_stays BEFORE UPDATE OR DELETE ON sales_refund FOR EACH ROW EXECUTE FUNCTION sales_refuse();
CREATE TRIGGER provider_event_stays BEFORE UPDATE OR DELETE ON sales_providerevent
    FOR EACH ROW EXECUTE FUNCTION sales_refuse();
CREATE TRIGGER sale_document_stays BEFORE UPDATE OR DELETE ON sales_saledocument
    FOR EACH ROW EXECUTE FUNCTION sales_refuse();
"""
BACK = """
DROP TRIGGER sale_document_stays ON sales_saledocument;
DROP TRIGGER provider_event_stays ON sales_providerevent;
DROP TRIGGER refund_stays ON sales_refund;
DROP TRIGGER payment_stays ON sales_payment;
DROP FUNCTION sales_refuse();
DROP TRIGGER sale_keeps_its_price ON sales_sale;
DROP FUNCTION sales_sale_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACK)]
