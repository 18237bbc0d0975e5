"""A published tariff never changes, an ended charge neither; the first version of the tariff. TAR-1 to TAR-4, CHG-10."""

from datetime import UTC, datetime

from django.db import migrations

GUARDS = """
CREATE FUNCTION charging_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'charging: % of % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER tariff_is_final BEFORE UPDATE ON charging_tariffversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION charging_refuse();
CREATE TRIGGER tariff_stays BEFORE DELETE ON charging_tariffversion FOR EACH ROW
    WHEN (OLD.published_at IS NOT NULL) EXECUTE FUNCTION charging_refuse();
CREATE TRIGGER charge_is_final BEFORE UPDATE ON charging_charge FOR EACH ROW
    WHEN (OLD.state IN ('final', 'released', 'withdrawn') AND OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION charging_refuse();
CREATE TRIGGER charge_stays BEFORE DELETE ON charging_charge FOR EACH ROW EXECUTE FUNCTION charging_refuse();
CREATE TRIGGER part_stays BEFORE DELETE ON charging_part FOR EACH ROW EXECUTE FUNCTION charging_refuse();
"""

UNDO = """
DROP TRIGGER part_stays ON charging_part;
DROP TRIGGER charge_stays ON charging_charge;
DROP TRIGGER charge_is_final ON charging_charge;
DROP TRIGGER tariff_stays ON charging_tariffversion;
DROP TRIGGER tariff_is_final ON charging_tariffversion;
DROP FUNCTION charging_refuse();
"""

SINCE_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def load_default(apps, schema_editor):
    """TAR-1, TAR-2, TAR-3, TAR-4 as shipped."""
    apps.get_model("charging", "TariffVersion").objects.create(
        number=1,
        advisory_event=1,
        incident=4,
        technical_hour=4,
        online_hour=4,
        home_visit=2,
        urgent_on_site=5,
        outside_hours=5,
        further_terminal=1,
        participants_per_price=10,
        terminals_per_incident=4,
        hours_counted="begun",
        starts_at=SINCE_ALWAYS,
        published_at=SINCE_ALWAYS,
        published_by="system",
        drafted_by="system",
        drafted_at=SINCE_ALWAYS,
    )


class Migration(migrations.Migration):
    dependencies = [("charging", "0001_initial")]
    operations = [
        migrations.RunSQL(GUARDS, UNDO),
        migrations.RunPython(load_default, migrations.RunPython.noop),
    ]
