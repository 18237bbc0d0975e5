"""The five documents of AGR-1 as drafts, in Spanish and English: for a vendor to edit and a lawyer to review."""

from datetime import UTC, datetime
from pathlib import Path

from django.db import migrations

from amparo.kernel.markdown import render

FOLDER = Path(__file__).parent.parent / "shipped"
# code, the services that it is meant for; none asks before somebody says from when
SHIPPED = (
    ("general-conditions", ["case", "development"]),
    ("limited-telephone-advice", ["phone_limited"]),
    ("extended-support", ["case", "chat", "remote", "classroom"]),
    ("software-development", ["development"]),
    ("end-user-licence", ["downloads"]),
)
SINCE_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)


def load(apps, schema_editor):
    """A draft is in force for nobody, so nothing is asked."""
    for position, (code, services) in enumerate(SHIPPED, 1):
        if apps.get_model("agreements", "Agreement").objects.filter(code=code).exists():
            continue
        words = {}
        for language in ("es", "en"):
            head, _sep, text = (FOLDER / f"{code}.{language}.md").read_text(encoding="utf-8").partition("\n")
            words[f"title_{language}"] = head.lstrip("# ").strip()
            words[f"text_{language}"] = text.strip()
            words[f"html_{language}"] = render(words[f"text_{language}"])
        agreement = apps.get_model("agreements", "Agreement").objects.create(
            code=code, position=position * 10, services=services, created_at=SINCE_ALWAYS
        )
        apps.get_model("agreements", "AgreementVersion").objects.create(
            agreement=agreement, number=1, drafted_at=SINCE_ALWAYS, revised_at=SINCE_ALWAYS, **words
        )


class Migration(migrations.Migration):
    dependencies = [("agreements", "0002_guards")]
    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
