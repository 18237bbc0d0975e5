"""Texts of a case whose conversation is marked as purged may be taken away; amounts, reasons, people and times stay. CAS-2.

The triggers keep their functions; each only steps aside for an update that is such a purge and nothing else.
"""

from django.db import migrations

TEXTS = {
    "case": ("id", ("explanation",)),
    "order": ("case_id", ("description", "description_html", "travel")),
    "closing": ("case_id", ("summary", "summary_html", "explanation", "procedure", "refusal")),
    "need": ("case_id", ("description",)),
}
TABLES = {"case": "cases_case", "order": "cases_order", "closing": "cases_closing", "need": "cases_furtherneed"}

FUNCTIONS = """
CREATE FUNCTION cases_is_purge(p_case bigint, p_old jsonb, p_new jsonb, p_texts text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_new - p_texts - 'effects' = p_old - p_texts - 'effects'
       AND NOT EXISTS (SELECT FROM unnest(p_texts) AS text WHERE p_new ->> text NOT IN ('', '—'))
       -- What a closing charged stays; only the words of a need that came up go.
       AND (SELECT jsonb_agg(e - 'words') FROM jsonb_array_elements(coalesce(p_new -> 'effects', '[]')) AS e)
           IS NOT DISTINCT FROM
           (SELECT jsonb_agg(e - 'words') FROM jsonb_array_elements(coalesce(p_old -> 'effects', '[]')) AS e)
       AND NOT EXISTS (SELECT FROM jsonb_array_elements(coalesce(p_new -> 'effects', '[]')) AS e WHERE e ->> 'words' <> '')
       AND EXISTS (SELECT FROM public.cases_case c JOIN public.threads_thread t ON t.id = c.thread_id
                   WHERE c.id = p_case AND t.purged_at IS NOT NULL AND c.state IN ('closed', 'withdrawn')) $$;
"""
_GUARDS = {"case": "cases_case_guard", "order": "cases_order_guard", "closing": "cases_closing_guard", "need": "cases_need_guard"}


def _triggers(purge: bool) -> str:
    found = []
    for name, (key, texts) in TEXTS.items():
        listed = ", ".join(f"'{text}'" for text in texts)
        when = f"WHEN (NOT cases_is_purge(OLD.{key}, to_jsonb(OLD), to_jsonb(NEW), ARRAY[{listed}]))" if purge else ""
        found.append(
            f"DROP TRIGGER {name}_is_final ON {TABLES[name]};\n"
            f"CREATE TRIGGER {name}_is_final BEFORE UPDATE ON {TABLES[name]} FOR EACH ROW {when} EXECUTE FUNCTION {_GUARDS[name]}();"
        )
    return "\n".join(found)


class Migration(migrations.Migration):
    dependencies = [("cases", "0003_complaints"), ("threads", "0003_purge")]
    operations = [
        migrations.RunSQL(
            FUNCTIONS + _triggers(True),
            _triggers(False) + "\nDROP FUNCTION cases_is_purge(bigint, jsonb, jsonb, text[]);",
        )
    ]
