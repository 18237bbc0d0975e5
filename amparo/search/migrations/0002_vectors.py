"""What the database itself does for search: the light form, the vectors of documents and parts, the words of titles.

`es_light` is made alike by `kernel.spanish.light`; a test compares the two over any text. Names are qualified: a dump is
restored with an empty path.
"""

from django.db import migrations

LIGHT = r"""
CREATE FUNCTION es_light(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.btrim(pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.regexp_replace(
        pg_catalog.translate($1,
            'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰű'
            'ŲųŴŵŶŷŸŹźŻżŽžſªºÆæØøĐđßŁłıŒœABCDEFGHIJKLMNOPQRSTUVWXYZ' || E'\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0327\u0328',
            'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuu'
            'uuwwyyyzzzzzzsaoaaooddsllioo' || 'abcdefghijklmnopqrstuvwxyz'),
        '[^a-z0-9]+', ' ', 'g'),
        '\m([a-z]{3,})s\M', '\1', 'g'),
        '\m([a-z]+)ce\M', '\1z', 'g'),
        '\m([a-z]{2,})[aeo]\M', '\1', 'g')) $$;
"""
LIGHT_UNDO = "DROP FUNCTION es_light(text);"

# What tells nothing is left out of the light words: it would stand in every vector. The stemmer leaves out its own.
LEXEMES = r"""
CREATE FUNCTION search_lexemes(said text, language text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT pg_catalog.ts_delete(pg_catalog.to_tsvector('pg_catalog.simple', public.es_light(said)),
               ARRAY['a','al','com','como','con','cuand','d','de','del','dond','e','el','ell','en','entr','es','est','esta','ha','hast','la','las','l','le','lo','los',
                     'mas','me','mi','muy','n','no','o','para','par','per','por','porqu','que','qu','s','se','si','sin','sobr','su','sus','tambien','un','una','y','ya',
                     'the','and','of','to','in','is','for','it','on','with','you','your','that','thi'])
        || CASE WHEN language = 'en' THEN pg_catalog.to_tsvector('pg_catalog.english', said)
                ELSE pg_catalog.to_tsvector('pg_catalog.spanish', public.es_norm(said)) END $$;
CREATE FUNCTION search_marks(kind text, audience text, product bigint, language text, codes text[]) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT pg_catalog.array_to_tsvector(ARRAY['=k' || kind, '=g' || language, '=p' || COALESCE(product, 0)::text,
        '=a' || audience || CASE WHEN audience = 'licensed' THEN COALESCE(product::text, '') ELSE '' END]
        || COALESCE((SELECT pg_catalog.array_agg('#' || code) FROM pg_catalog.unnest(codes) AS code), ARRAY[]::text[])) $$;
"""
LEXEMES_UNDO = "DROP FUNCTION search_marks(text, text, bigint, text, text[]); DROP FUNCTION search_lexemes(text, text);"

VECTORS = """
ALTER TABLE search_document ADD COLUMN heads tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(search_lexemes(title || ' ' || product_name, language::text), 'A')
    || setweight(search_lexemes(summary, language::text), 'B')
    || search_marks(kind::text, audience::text, product_id, language::text, codes::text[])) STORED;
ALTER TABLE search_document ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(search_lexemes(title || ' ' || product_name, language::text), 'A')
    || setweight(search_lexemes(summary, language::text), 'B')
    || setweight(search_lexemes(body, language::text), 'C')
    || search_marks(kind::text, audience::text, product_id, language::text, codes::text[] || inner_codes::text[])) STORED;
ALTER TABLE search_document ALTER COLUMN words SET STATISTICS 1000;
ALTER TABLE search_document ALTER COLUMN heads SET STATISTICS 1000;
CREATE INDEX document_heads ON search_document USING gin (heads) WITH (fastupdate = off);
CREATE INDEX document_words ON search_document USING gin (words) WITH (fastupdate = off);
CREATE INDEX document_title_trgm ON search_document USING gin (es_light(title) gin_trgm_ops);
CREATE INDEX word_plain_trgm ON search_word USING gin (plain gin_trgm_ops);
CREATE INDEX synonyms_lights ON search_synonymgroup USING gin (lights);
ALTER TABLE search_part ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (search_lexemes(text, 'es')) STORED;
"""
VECTORS_UNDO = """
ALTER TABLE search_part DROP COLUMN words;
DROP INDEX synonyms_lights;
DROP INDEX word_plain_trgm;
DROP INDEX document_title_trgm;
DROP INDEX document_words;
DROP INDEX document_heads;
ALTER TABLE search_document DROP COLUMN words;
ALTER TABLE search_document DROP COLUMN heads;
"""

# Steps are only added, so that two who publish never wait for each other's counter.
TITLES = r"""
CREATE FUNCTION search_words_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_word (word, plain, audience, product_id, step)
        SELECT w, pg_catalog.translate(w, 'áéíóúüñç', 'aeiouunc'), audience, product_id, count(*)
        FROM fresh, unnest(title_words) AS w GROUP BY w, audience, product_id;
    RETURN NULL;
END $$;
CREATE FUNCTION search_words_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_word (word, plain, audience, product_id, step)
        SELECT w, pg_catalog.translate(w, 'áéíóúüñç', 'aeiouunc'), audience, product_id, sum(n) FROM (
            SELECT w, audience, product_id, 1 AS n FROM fresh, unnest(title_words) AS w
            UNION ALL SELECT w, audience, product_id, -1 FROM stale, unnest(title_words) AS w) moved
        GROUP BY w, audience, product_id HAVING sum(n) <> 0;
    RETURN NULL;
END $$;
CREATE FUNCTION search_words_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_word (word, plain, audience, product_id, step)
        SELECT w, pg_catalog.translate(w, 'áéíóúüñç', 'aeiouunc'), audience, product_id, -count(*)
        FROM stale, unnest(title_words) AS w GROUP BY w, audience, product_id;
    RETURN NULL;
END $$;
CREATE TRIGGER document_words_new AFTER INSERT ON search_document REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_words_new();
CREATE TRIGGER document_words_moved AFTER UPDATE ON search_document REFERENCING OLD TABLE AS stale NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION search_words_moved();
CREATE TRIGGER document_words_gone AFTER DELETE ON search_document REFERENCING OLD TABLE AS stale
    FOR EACH STATEMENT EXECUTE FUNCTION search_words_gone();
"""
TITLES_UNDO = """
DROP TRIGGER document_words_gone ON search_document;
DROP TRIGGER document_words_moved ON search_document;
DROP TRIGGER document_words_new ON search_document;
DROP FUNCTION search_words_gone();
DROP FUNCTION search_words_moved();
DROP FUNCTION search_words_new();
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial"), ("threads", "0002_guards")]
    operations = [
        migrations.RunSQL(LIGHT, LIGHT_UNDO),
        migrations.RunSQL(LEXEMES, LEXEMES_UNDO),
        migrations.RunSQL(VECTORS, VECTORS_UNDO),
        migrations.RunSQL(TITLES, TITLES_UNDO),
    ]
