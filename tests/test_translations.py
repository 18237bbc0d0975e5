"""What the service says in Spanish: complete, one word for one thing, and no English left on a page."""

from __future__ import annotations

import gettext
import re
from collections import defaultdict

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from amparo.classroom import words as class_words
from amparo.people.models import COMPANY_ROLE_LABELS, ROLE_LABELS
from amparo.project.cli import messages

from .judges import ENGLISH, Texts
from .source import ROOT


def catalogues():
    for app in messages.all_apps():
        path = messages.catalogue_path(app, "es")
        if path.exists():
            yield app, messages.read(path, "es")


@pytest.mark.parametrize("app", messages.all_apps())
def test_every_text_is_translated(app):
    """Nothing missing, doubtful or unused, and the placeholders of both languages are the same."""
    assert not list(messages.problems(app))


def test_the_same_words_have_one_translation():
    """Django merges the catalogues of all apps: of two translations one would silently win everywhere."""
    said: dict[tuple, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for app, catalog in catalogues():
        for message in catalog:
            if message.id:
                first = message.id if isinstance(message.id, str) else message.id[0]
                said[first, message.context][str(message.string)].append(app)
    twice = {key: dict(found) for key, found in said.items() if len(found) > 1}
    assert not twice, "Give them one translation, or a context: pgettext(context, text)."


def test_what_stands_beside_a_name_fits_women_and_men():
    """What somebody does here is named by the work, not by one of the two forms."""
    with translation.override("es-mx"):
        words = [str(one) for one in (*ROLE_LABELS.values(), *COMPANY_ROLE_LABELS.values(), *class_words.ROLES.values())]
    assert not [one for one in words if re.search(r"(dor|tor|ero|ado)\b", one)]


def test_what_a_catalogue_says_is_what_is_shown(monkeypatch):
    """Neither another app nor Django's own Mexican Spanish stands before ours."""
    for app, _ in catalogues():
        messages.compile_catalogues(app)
    monkeypatch.setattr(trans_real, "_translations", {})  # read what was just compiled
    monkeypatch.setattr(gettext, "_translations", {})
    hidden = []
    with translation.override("es-mx"):
        for app, catalog in catalogues():
            for message in catalog:
                if not message.id:
                    continue
                one, many = (message.id, None) if isinstance(message.id, str) else message.id
                want = message.string if isinstance(message.string, str) else message.string[0]
                if message.context:
                    shown = translation.npgettext(message.context, one, many, 1) if many else translation.pgettext(message.context, one)
                else:
                    shown = translation.ngettext(one, many, 1) if many else translation.gettext(one)
                if shown != want:
                    hidden.append(f"{app}: {one!r} shows {shown!r} instead of {want!r}")
    assert not hidden, "\n" + "\n".join(hidden)


def test_the_reader_of_pages_sees_texts_and_labels_but_no_code():
    """The reading itself: what a label says counts, what is marked as English or as code does not."""
    reader = Texts()
    reader.feed('<p>Hola <b title="Guardar">ya</b></p><code>the</code><p lang="en">of<br>and</p><img alt="Foto"><p>fin</p>')
    assert reader.found == ["Hola", "Guardar", "ya", "Foto", "fin"]
    assert ENGLISH.search("Nothing here") and not ENGLISH.search("Nada aquí todavía; vea el caso")


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_guide_uses_the_words_of_the_interface(language):
    """What the user guide sets in bold stands on a screen, word for word."""
    shown = {"Español", "English"}
    for _, catalog in catalogues():
        for message in catalog:
            text = message.id if language == "en" else message.string
            shown.update([text] if isinstance(text, str) else text)
    guide = (ROOT / f"docs/user-guide.{language}.md").read_text(encoding="utf-8")
    said = set(re.findall(r"\*\*([^*]+)\*\*", guide))
    assert len(said) > 100
    assert not said - shown
    assert not [name for name in re.findall(r"\]\((screens/[^)]+)\)", guide) if not (ROOT / "docs" / name).exists()]
