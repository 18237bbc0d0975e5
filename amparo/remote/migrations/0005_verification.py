"""When each film was last read to its end and compared with its hash; those that are kept already are read first of all. CAS-7."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("remote", "0004_films")]
    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "film",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="verification", serialize=False, to="remote.film"
                    ),
                ),
                ("verified_at", models.DateTimeField()),
                ("lay", models.CharField(blank=True, max_length=100)),
                ("fault", models.CharField(blank=True, max_length=10)),
                ("asked_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
