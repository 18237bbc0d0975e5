"""How many tracks of a class are not in its film; of films that were made before nobody counted. LIV-3."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0003_purging")]
    operations = [migrations.AddField("recording", "left_out", models.PositiveSmallIntegerField(default=0, db_default=0))]
