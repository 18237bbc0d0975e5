"""Reconciliations are kept with their results. LED-4."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("ledger", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(default="running", max_length=10)),
                ("asked_at", models.DateTimeField()),
                ("customers", models.PositiveIntegerField()),
                ("customers_done", models.PositiveIntegerField(default=0)),
                ("last_customer", models.BigIntegerField(default=0)),
                ("pockets", models.PositiveBigIntegerField(default=0)),
                ("transfers", models.PositiveBigIntegerField(default=0)),
                ("units", models.JSONField(default=dict)),
                ("differences", models.JSONField(default=list)),
                ("differences_count", models.PositiveIntegerField(default=0)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["running", "done"])), name="reconciliation_state_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ended_at__isnull", True), ("state", "running"))
                        | models.Q(("ended_at__isnull", False), ("state", "done")),
                        name="reconciliation_ends_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")), fields=("state",), name="reconciliation_one_at_a_time"
                    ),
                ],
            },
        ),
    ]
