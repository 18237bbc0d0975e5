"""Long files are looked at and imported by the worker, with progress."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("contracts", "0002_guards")]
    operations = [
        migrations.CreateModel(
            name="ImportProgress",
            fields=[
                ("run_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("done", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField("importrun", "found", models.JSONField(default=dict)),
        migrations.AddField("importrun", "letters", models.BooleanField(default=False)),
        migrations.AddField(
            "importrun",
            "ordered_by",
            models.ForeignKey(
                db_index=False, null=True, on_delete=models.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AlterField(
            "importrun",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "Being looked at"),
                    ("checked", "Waiting for you"),
                    ("ordered", "Being imported"),
                    ("applied", "Imported"),
                    ("dropped", "Dropped"),
                ],
                default="checked",
                max_length=10,
            ),
        ),
        migrations.RemoveConstraint("importrun", "import_state_known"),
        migrations.AddConstraint(
            "importrun",
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "checked", "ordered"], ended_at__isnull=True)
                | models.Q(state__in=["applied", "dropped"], ended_at__isnull=False, text=""),
                name="import_state_known",
            ),
        ),
    ]
