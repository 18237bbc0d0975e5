"""What the database refuses of activations: history that changes, a seat that is free and taken at once. LIC-1, LIC-2."""

from django.db import migrations

STAYING = ("activationevent", "moveallowance", "offlinerequest")

GUARDS = """
CREATE FUNCTION activation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened with activations stays' USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- An activation belongs where it began, and one that was released never comes back; its tokens only ever count up.
CREATE FUNCTION activation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'released' OR NEW.token_serial < OLD.token_serial
        OR (NEW.licence_id, NEW.terminal_id, NEW.public_id, NEW.created_at) IS DISTINCT FROM
           (OLD.licence_id, OLD.terminal_id, OLD.public_id, OLD.created_at) THEN
        RAISE EXCEPTION 'activation % stays what it was', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER activation_is_final BEFORE UPDATE ON activation_activation FOR EACH ROW EXECUTE FUNCTION activation_guard();
CREATE TRIGGER activation_stays BEFORE DELETE ON activation_activation FOR EACH ROW EXECUTE FUNCTION activation_stays();

-- A seat and its activation are released in one moment, whoever frees the seat.
CREATE FUNCTION activation_seat_freed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE public.activation_activation SET state = 'released', released_at = NEW.released_at
        WHERE terminal_id = NEW.id AND state = 'active';
    RETURN NULL;
END $$;
CREATE TRIGGER terminal_frees_its_activation AFTER UPDATE OF released_at ON products_terminal
    FOR EACH ROW WHEN (OLD.released_at IS NULL AND NEW.released_at IS NOT NULL) EXECUTE FUNCTION activation_seat_freed();
"""
UNDO = """
DROP TRIGGER terminal_frees_its_activation ON products_terminal;
DROP TRIGGER activation_is_final ON activation_activation;
DROP TRIGGER activation_stays ON activation_activation;
DROP FUNCTION activation_seat_freed(), activation_guard();
"""
STAY = "".join(
    f"""
CREATE TRIGGER {table}_stays BEFORE UPDATE OR DELETE ON activation_{table} FOR EACH ROW EXECUTE FUNCTION activation_stays();
CREATE TRIGGER {table}s_stay BEFORE TRUNCATE ON activation_{table} FOR EACH STATEMENT
    WHEN (current_setting('amparo.may_truncate', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION activation_stays();
"""
    for table in STAYING
)
GO = "".join(f"DROP TRIGGER {t}_stays ON activation_{t}; DROP TRIGGER {t}s_stay ON activation_{t};\n" for t in STAYING)


class Migration(migrations.Migration):
    dependencies = [("activation", "0001_initial"), ("products", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS + STAY, GO + UNDO + "DROP FUNCTION activation_stays();")]
