"""An order stands for a version of a quote, and may be cancelled before its work starts. QUO-5, CHG-3."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION cases_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'accepted' AND NEW.state = 'cancelled' AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN
        RETURN NEW;
    END IF;
    IF OLD.state <> 'proposed' OR
       (NEW.case_id, NEW.description, NEW.description_html, NEW.needs, NEW.travel, NEW.delivery_on, NEW.proposed_at, NEW.key)
       IS DISTINCT FROM
       (OLD.case_id, OLD.description, OLD.description_html, OLD.needs, OLD.travel, OLD.delivery_on, OLD.proposed_at, OLD.key)
    THEN
        RAISE EXCEPTION 'order % stays as it was proposed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = GUARD.replace(
    """    IF OLD.state = 'accepted' AND NEW.state = 'cancelled' AND to_jsonb(NEW) - 'state' = to_jsonb(OLD) - 'state' THEN
        RETURN NEW;
    END IF;
""",
    "",
)
STATES = ["proposed", "accepted", "declined", "replaced", "withdrawn", "cancelled"]


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_purge"), ("quotations", "0002_guards")]
    operations = [
        migrations.AddField(
            "order",
            "quote",
            models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="quotations.quote"),
        ),
        migrations.AddField("order", "quote_version", models.PositiveSmallIntegerField(default=0)),
        migrations.AlterField(
            "order",
            "state",
            models.CharField(choices=[(s, s.capitalize()) for s in STATES], default="proposed", max_length=10),
        ),
        migrations.RemoveConstraint("order", "order_state_known"),
        migrations.AddConstraint(
            "order", models.CheckConstraint(condition=models.Q(("state__in", STATES)), name="order_state_known")
        ),
        migrations.RunSQL(GUARD, BEFORE),
    ]
