"""What the database refuses by itself, whoever asks and however: LED-1, LED-2, LED-3, LED-6, CHG-10.

Written by hand rather than declared: the triggers of django-pgtrigger can be switched off by any session with a setting.
"""

from django.db import migrations

GUARDS = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END $$;

CREATE FUNCTION ledger_deny(reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger: %', reason USING ERRCODE = 'check_violation', TABLE = 'ledger_transfer';
END $$;

-- A function, and volatile, so that it sees what others committed while the caller waited for its lock.
CREATE FUNCTION ledger_given_back(transfer bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE reverses_id = transfer);
END $$;

-- Asks, while it holds the customer's pockets (in key order), whether the transfer may be; changes nothing but the row,
-- for it also runs for a row that ON CONFLICT then drops. The vendor's pockets are read without a lock.
CREATE FUNCTION ledger_ask() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    giver ledger_pocket;
    taker ledger_pocket;
    held ledger_pocket;
    origin ledger_transfer;
BEGIN
    FOR held IN SELECT * FROM ledger_pocket WHERE id IN (NEW.debit_id, NEW.credit_id) AND customer_id IS NOT NULL
                ORDER BY id FOR NO KEY UPDATE LOOP
        IF held.id = NEW.debit_id THEN giver := held; ELSE taker := held; END IF;
    END LOOP;
    IF giver.id IS NULL THEN SELECT * INTO giver FROM ledger_pocket WHERE id = NEW.debit_id; END IF;
    IF taker.id IS NULL THEN SELECT * INTO taker FROM ledger_pocket WHERE id = NEW.credit_id; END IF;
    IF giver.id IS NULL OR taker.id IS NULL THEN PERFORM ledger_deny('there is no such pocket'); END IF;
    IF giver.unit <> NEW.unit OR taker.unit <> NEW.unit THEN PERFORM ledger_deny('a transfer stays within its unit'); END IF;

    IF giver.customer_id IS NOT NULL AND taker.customer_id IS NOT NULL THEN
        IF giver.customer_id <> taker.customer_id OR NEW.kind <> 'single' OR NEW.reverses_id IS NOT NULL
           OR taker.source NOT LIKE 'grace:%' OR NEW.at < giver.ends_at THEN
            PERFORM ledger_deny('units go from pocket to pocket only after the end, into the extension of the same customer');
        END IF;
    ELSIF giver.customer_id IS NOT NULL THEN
        IF taker.holder <> 'spent' AND NEW.kind <> 'single' THEN PERFORM ledger_deny('only what is spent is reserved first'); END IF;
        IF taker.holder = 'spent' AND NEW.pending_id IS NULL AND (NEW.at < giver.starts_at OR NEW.at >= giver.ends_at) THEN
            PERFORM ledger_deny('a pocket is spent only while it is in force');
        END IF;
        IF taker.holder = 'expired' AND NEW.at < giver.ends_at THEN PERFORM ledger_deny('nothing expires before the end'); END IF;
        IF NEW.reverses_id IS NOT NULL THEN PERFORM ledger_deny('only what was spent is given back'); END IF;
    ELSIF taker.customer_id IS NOT NULL THEN
        IF NEW.kind <> 'single' OR giver.holder = 'expired' THEN PERFORM ledger_deny('units do not come from there'); END IF;
        IF (giver.holder = 'spent') <> (NEW.reverses_id IS NOT NULL) THEN
            PERFORM ledger_deny('units come back only from the transfer that spent them');
        END IF;
    ELSE
        PERFORM ledger_deny('one side of a transfer is a customer''s');
    END IF;

    IF NEW.pending_id IS NOT NULL THEN
        SELECT * INTO origin FROM ledger_transfer WHERE id = NEW.pending_id;
        IF origin.id IS NULL OR origin.kind <> 'reserve' OR origin.debit_id <> NEW.debit_id OR origin.credit_id <> NEW.credit_id THEN
            PERFORM ledger_deny('this is not the reservation of these pockets');
        END IF;
        IF NEW.amount > origin.amount OR (NEW.kind = 'void' AND NEW.amount <> origin.amount) THEN
            PERFORM ledger_deny('no more is posted than was reserved');
        END IF;
    ELSIF NEW.reverses_id IS NOT NULL THEN
        -- The lock lets two givings-back of one transfer wait for each other, whatever pocket they go to; a transaction
        -- that looks at an old picture of the database would not see the other one.
        IF current_setting('transaction_isolation') <> 'read committed' THEN PERFORM ledger_deny('give back in read committed'); END IF;
        SELECT * INTO origin FROM ledger_transfer WHERE id = NEW.reverses_id FOR NO KEY UPDATE;
        IF origin.id IS NULL OR origin.kind NOT IN ('single', 'post') OR origin.credit_id <> NEW.debit_id
           OR origin.customer_id <> taker.customer_id THEN
            PERFORM ledger_deny('this transfer spent nothing of this customer');
        END IF;
        IF NEW.amount + ledger_given_back(origin.id) > origin.amount THEN
            PERFORM ledger_deny('no more is given back than was spent');
        END IF;
    END IF;

    NEW.customer_id := coalesce(giver.customer_id, taker.customer_id);
    NEW.recorded_at := clock_timestamp();
    RETURN NEW;
END $$;

-- Applies the amounts; the checks of ledger_pocket refuse what would fall below zero or below what is reserved.
CREATE FUNCTION ledger_apply() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'reserve' THEN
        UPDATE ledger_pocket SET reserved = reserved + NEW.amount WHERE id = NEW.debit_id;
    ELSIF NEW.kind = 'single' THEN
        UPDATE ledger_pocket SET
            balance = balance + CASE WHEN id = NEW.credit_id THEN NEW.amount ELSE -NEW.amount END,
            issued = issued + CASE
                WHEN id = NEW.credit_id AND (NEW.reverses_id IS NULL OR source LIKE 'grace:%') THEN NEW.amount
                WHEN id = NEW.debit_id AND NEW.credit_id <= 3 THEN -NEW.amount  -- 1 to 3: taken back by who issued it
                ELSE 0 END
        WHERE id IN (NEW.debit_id, NEW.credit_id) AND customer_id IS NOT NULL;
    ELSE
        UPDATE ledger_pocket SET
            balance = balance - CASE NEW.kind WHEN 'post' THEN NEW.amount ELSE 0 END,
            reserved = reserved - (SELECT amount FROM ledger_transfer WHERE id = NEW.pending_id)
        WHERE id = NEW.debit_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_is_asked BEFORE INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_ask();
CREATE TRIGGER transfer_is_applied AFTER INSERT ON ledger_transfer FOR EACH ROW EXECUTE FUNCTION ledger_apply();
CREATE TRIGGER transfer_is_final BEFORE UPDATE OR DELETE ON ledger_transfer
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
-- Only a test's own database may be emptied, and only by a session that says so.
CREATE TRIGGER transfers_stay BEFORE TRUNCATE ON ledger_transfer
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE '%test%' OR current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ledger_refuse();

-- What a pocket holds changes only inside the trigger above (depth 1); what it is never changes.
CREATE TRIGGER pocket_begins_empty BEFORE INSERT ON ledger_pocket FOR EACH ROW
    WHEN (NEW.balance <> 0 OR NEW.reserved <> 0 OR NEW.issued <> 0) EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER pocket_moves_by_transfer BEFORE UPDATE OF balance, reserved, issued ON ledger_pocket FOR EACH ROW
    WHEN (pg_trigger_depth() < 1 AND (OLD.balance, OLD.reserved, OLD.issued) IS DISTINCT FROM (NEW.balance, NEW.reserved, NEW.issued))
    EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER pocket_stays_whose_it_is BEFORE UPDATE OF id, customer_id, holder, unit, source, starts_at ON ledger_pocket FOR EACH ROW
    WHEN ((OLD.id, OLD.customer_id, OLD.holder, OLD.unit, OLD.source, OLD.starts_at)
          IS DISTINCT FROM (NEW.id, NEW.customer_id, NEW.holder, NEW.unit, NEW.source, NEW.starts_at))
    EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER pocket_stays BEFORE DELETE ON ledger_pocket FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER pockets_stay BEFORE TRUNCATE ON ledger_pocket
    FOR EACH STATEMENT WHEN (current_database() NOT LIKE '%test%' OR current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on')
    EXECUTE FUNCTION ledger_refuse();

-- Room on each page, so that a changed balance stays beside its old version and no index is touched.
ALTER TABLE ledger_pocket SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);

ALTER TABLE ledger_pocket ALTER COLUMN id SET START WITH 1001 RESTART;
"""

# The vendor's nine pockets, with the numbers that the code knows them by.
VENDOR = """
INSERT INTO ledger_pocket (id, holder, unit, source, label, balance, reserved, issued)
    SELECT row_number() OVER (ORDER BY h.place, u.place), h.holder, u.unit, 'vendor:' || h.holder, '', 0, 0, 0
    FROM unnest(ARRAY['issued', 'spent', 'expired']) WITH ORDINALITY AS h (holder, place),
         unnest(ARRAY['event', 'incident', 'credit']) WITH ORDINALITY AS u (unit, place);
"""

UNDO = """
DROP TRIGGER pockets_stay ON ledger_pocket;
DROP TRIGGER pocket_stays ON ledger_pocket;
DROP TRIGGER pocket_stays_whose_it_is ON ledger_pocket;
DROP TRIGGER pocket_moves_by_transfer ON ledger_pocket;
DROP TRIGGER pocket_begins_empty ON ledger_pocket;
DROP TRIGGER transfers_stay ON ledger_transfer;
DROP TRIGGER transfer_is_final ON ledger_transfer;
DROP TRIGGER transfer_is_applied ON ledger_transfer;
DROP TRIGGER transfer_is_asked ON ledger_transfer;
DROP FUNCTION ledger_apply();
DROP FUNCTION ledger_ask();
DROP FUNCTION ledger_given_back(bigint);
DROP FUNCTION ledger_deny(text);
DROP FUNCTION ledger_refuse();
DELETE FROM ledger_pocket WHERE customer_id IS NULL;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNDO), migrations.RunSQL(VENDOR, migrations.RunSQL.noop)]
