"""What told of a thing is found by the thing, when its time is over. CAS-2."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [
        migrations.AddIndex("notice", models.Index(fields=["subject_ref"], name="notice_by_subject")),
        migrations.AddIndex("letter", models.Index(fields=["subject_ref"], name="letter_by_subject")),
    ]
