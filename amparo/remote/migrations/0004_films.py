"""Films of shared screens are on the record of their session, the engineer's page gives signs of life, and misses tell what they aimed at.

Films that were kept before get their rows from the facts that told of them. CAS-2, CAS-5, LIV-3, SEC-39.
"""

import django.db.models.deletion
from django.db import migrations, models

_REASONS = (
    "stopped_by_customer", "stopped_by_engineer", "declined", "unanswered", "expired", "withdrawn", "guessed", "time", "bytes", "lost", "cut",
    "fault", "closed",
)  # fmt: skip
KEPT_BEFORE = """
INSERT INTO remote_film (session_id, number, file_id, sha256, octets)
SELECT told.session_id, row_number() OVER (PARTITION BY told.session_id ORDER BY told.id, told.place), s.id, s.sha256, s.size
FROM (SELECT f.id, (f.data->>'session')::bigint AS session_id, one.public_id, one.place
      FROM history_fact f, jsonb_array_elements_text(f.data->'files') WITH ORDINALITY AS one(public_id, place)
      WHERE f.name = 'remote.filmed' AND f.purged_at IS NULL) told
JOIN files_storedfile s ON s.public_id = told.public_id JOIN remote_session r ON r.id = told.session_id;
"""
GUARD = "CREATE TRIGGER remote_film_stays BEFORE UPDATE OR DELETE ON remote_film FOR EACH ROW EXECUTE FUNCTION remote_stays();"
UNGUARD = "DROP TRIGGER remote_film_stays ON remote_film;"


class Migration(migrations.Migration):
    dependencies = [("files", "0003_purge"), ("history", "0003_purge"), ("remote", "0003_way")]
    operations = [
        migrations.CreateModel(
            name="Film",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveSmallIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("octets", models.BigIntegerField()),
                ("milliseconds", models.PositiveBigIntegerField(null=True)),
                ("file", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="files.storedfile")),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="films", to="remote.session")),
            ],
        ),
        migrations.AddConstraint(model_name="film", constraint=models.UniqueConstraint(fields=("session", "number"), name="remote_film_once")),
        migrations.AddField(model_name="session", name="viewed_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="miss", name="block", field=models.CharField(blank=True, db_default="", default="", max_length=64)),
        migrations.AddIndex(
            model_name="miss",
            index=models.Index(condition=models.Q(("block", ""), _negated=True), fields=["block", "at"], name="remote_misses_of_block"),
        ),
        migrations.AddIndex(model_name="miss", index=models.Index(fields=["at"], name="remote_misses_at")),
        migrations.RemoveConstraint(model_name="session", name="remote_ended_has_its_moment"),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("end_reason__in", list(_REASONS)), ("ended_at__isnull", False), ("state", "ended")),
                    models.Q(models.Q(("state", "ended"), _negated=True), ("end_reason", ""), ("ended_at__isnull", True)),
                    _connector="OR",
                ),
                name="remote_ended_has_its_moment",
            ),
        ),
        migrations.RunSQL(GUARD, UNGUARD),
        migrations.RunSQL(KEPT_BEFORE, migrations.RunSQL.noop),
    ]
