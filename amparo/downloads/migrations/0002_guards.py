"""What the database refuses of downloads: what was published stays, and so does what was given out. UPD-1, UPD-2."""

from django.db import migrations

GUARDS = """
CREATE FUNCTION downloads_artifact_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.downloads_publication p WHERE p.id = OLD.publication_id AND p.published_at IS NOT NULL) THEN
        RAISE EXCEPTION 'file % was published', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    IF (NEW.publication_id, NEW.sha256, NEW.size, NEW.signature, NEW.key_fingerprint) IS DISTINCT FROM
       (OLD.publication_id, OLD.sha256, OLD.size, OLD.signature, OLD.key_fingerprint) THEN
        RAISE EXCEPTION 'the bytes of file % are signed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER artifact_is_final BEFORE UPDATE OR DELETE ON downloads_artifact
    FOR EACH ROW EXECUTE FUNCTION downloads_artifact_guard();

CREATE FUNCTION downloads_artifact_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM public.downloads_publication p WHERE p.id = NEW.publication_id AND p.yanked_at IS NOT NULL) THEN
        RAISE EXCEPTION 'publication % was withdrawn', NEW.publication_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER artifact_not_of_withdrawn BEFORE INSERT ON downloads_artifact
    FOR EACH ROW EXECUTE FUNCTION downloads_artifact_late();

-- A publication is neither taken back nor made to have come out at another time, and a withdrawal is not undone.
CREATE FUNCTION downloads_publication_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'publication % stays', OLD.id USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.published_at IS NOT NULL AND (NEW.published_at, NEW.release_id, NEW.channel) IS DISTINCT FROM (OLD.published_at, OLD.release_id, OLD.channel) THEN
        RAISE EXCEPTION 'publication % is out', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.yanked_at IS NOT NULL AND (NEW.yanked_at, NEW.yank_reason) IS DISTINCT FROM (OLD.yanked_at, OLD.yank_reason) THEN
        RAISE EXCEPTION 'publication % was withdrawn', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER publication_is_final BEFORE UPDATE OR DELETE ON downloads_publication
    FOR EACH ROW EXECUTE FUNCTION downloads_publication_guard();

CREATE FUNCTION downloads_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was given out stays on the record' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER download_stays BEFORE UPDATE OR DELETE ON downloads_download FOR EACH ROW EXECUTE FUNCTION downloads_stays();
"""
UNGUARDED = """
DROP TRIGGER download_stays ON downloads_download;
DROP FUNCTION downloads_stays();
DROP TRIGGER publication_is_final ON downloads_publication;
DROP FUNCTION downloads_publication_guard();
DROP TRIGGER artifact_not_of_withdrawn ON downloads_artifact;
DROP FUNCTION downloads_artifact_late();
DROP TRIGGER artifact_is_final ON downloads_artifact;
DROP FUNCTION downloads_artifact_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("downloads", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, UNGUARDED)]
