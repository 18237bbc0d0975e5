"""Warnings about units wait here to be told together, once a day. LED-5."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_by_subject")]
    operations = [
        migrations.CreateModel(
            name="UnitWarning",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("fact_id", models.BigIntegerField(unique=True)),
                ("customer_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("subject_ref", models.CharField(max_length=80)),
                ("said", models.JSONField()),
                ("at", models.DateTimeField()),
                ("told_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("told_at__isnull", True)), fields=["customer_id", "at"], name="unit_warning_waiting"
                    ),
                    models.Index(fields=["customer_id", "told_at"], name="unit_warning_told"),
                ],
            },
        ),
    ]
