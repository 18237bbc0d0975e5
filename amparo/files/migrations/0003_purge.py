"""A file whose record is over loses its name and bytes; its row, hash and size stay. CAS-2."""

from django.db import migrations, models
from django.db.models import Q

GO = """
CREATE OR REPLACE FUNCTION files_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.subject = '' AND (TG_OP = 'DELETE' OR (NEW.sha256 = OLD.sha256 AND NEW.public_id = OLD.public_id)) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.purged_at IS NULL AND NEW.purged_at IS NOT NULL AND NEW.name = '' AND NEW.removed_at IS NULL
       AND to_jsonb(NEW) - ARRAY['name', 'purged_at'] = to_jsonb(OLD) - ARRAY['name', 'purged_at'] THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.purged_at IS NOT NULL AND OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL
       AND to_jsonb(NEW) - 'removed_at' = to_jsonb(OLD) - 'removed_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an attached file is final' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""
BACK = """
CREATE OR REPLACE FUNCTION files_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.subject = '' AND (TG_OP = 'DELETE' OR (NEW.sha256 = OLD.sha256 AND NEW.public_id = OLD.public_id)) THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'an attached file is final' USING ERRCODE = 'integrity_constraint_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("files", "0002_guards")]
    operations = [
        migrations.AddField("storedfile", "purged_at", models.DateTimeField(null=True)),
        migrations.AddField("storedfile", "removed_at", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "storedfile",
            models.Index(fields=["id"], name="file_to_remove", condition=Q(purged_at__isnull=False, removed_at__isnull=True)),
        ),
        migrations.RunSQL(GO, BACK),
    ]
