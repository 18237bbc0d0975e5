"""The promise of an order's delivery: business days from its acceptance, as many as its quote says. QUO-5."""

from datetime import UTC, datetime

from django.db import migrations

ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def ship(apps, schema_editor):
    kinds = apps.get_model("deadlines", "PromiseKind").objects
    if not kinds.filter(code="delivery").exists():
        kinds.create(
            code="delivery",
            in_force_from=ALWAYS,
            counting="business_days",
            amount=5,
            priority=2,
            warn_percents=[50, 75, 90],
            made_at=ALWAYS,
        )


class Migration(migrations.Migration):
    dependencies = [("deadlines", "0003_defaults")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
