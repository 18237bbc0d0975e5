"""Translations laid together."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.utils.translation import ngettext, override
from django.utils.translation.trans_real import TranslationCatalog, translation


def rule(source: str):
    return eval(f"lambda n: int({source})")


def catalog(plural: str, **texts: str):
    return SimpleNamespace(_catalog=texts, plural=rule(plural))


def test_what_follows_another_of_the_same_rule_is_laid_into_it_and_wins():
    whole = TranslationCatalog(catalog("n != 1", a="first", b="first"))
    whole.update(catalog("n != 1", b="second", c="second"))
    whole.update(catalog("n > 1", c="third"))
    whole.update(catalog("n != 1", d="fourth"))
    assert [whole.get(key) for key in "abcd"] == ["first", "second", "third", "fourth"]
    assert len(whole._catalogs) == 3


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_a_text_is_looked_up_in_few_places(language):
    assert len(translation(language)._catalog._catalogs) <= 4


def test_plurals_of_apps_and_of_django_are_right():
    with override("es-mx"):
        assert [ngettext("%(num)d year", "%(num)d years", n) for n in (1, 2)] == ["%(num)d año", "%(num)d años"]
