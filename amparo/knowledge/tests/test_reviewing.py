"""Articles that a new major version outgrew: readers are told, the work list has them, a review ends it. SRC-2."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.knowledge import commands, queries
from amparo.knowledge.models import Article

LATER = NOON + timedelta(days=3)


def _outgrow(product) -> int:
    return commands.outgrow(product, version="12.1", before="11.2", actor=SYSTEM, at=LATER)


def test_a_new_major_version_asks_for_a_review(write, product, releases, editor_in_person, client):
    """SRC-2: of what says nothing of the new one; the reader reads for which version it was written."""
    old = write(product=product)
    upto = write("Hasta la 11.2", product=product, to_release=releases["11.2"])
    new = write("Desde la 12.1", product=product, from_release=releases["12.1"])
    general = write("De todos los productos")
    assert _outgrow(product) == 1 and _outgrow(product) == 0
    assert [one.pk for one in queries.work_list(editor_in_person, whose="mine", at=LATER).reviews] == [old.pk]
    assert queries.counts(editor_in_person, at=LATER) == 1
    pages = {one.pk: client.get(f"/knowledge/{one.pk}-{one.slug}/").content.decode() for one in (old, upto, new, general)}
    assert [pk for pk, text in pages.items() if "Escrito para la versión 11.2" in text] == [old.pk]


@pytest.mark.parametrize("how", ["review", "publish"])
def test_reading_it_again_ends_it(write, product, editor_in_person, client, how):
    """SRC-2: saying that it holds, or publishing it anew."""
    article = write(product=product)
    _outgrow(product)
    article = Article.objects.get(pk=article.pk)
    if how == "review":
        commands.review(article, actor=editor_in_person, at=LATER)
    else:
        commands.publish(article, actor=editor_in_person, at=LATER)
    assert "Escrito para" not in client.get(f"/knowledge/{article.pk}-{article.slug}/").content.decode()
    assert not queries.work_list(editor_in_person, whose="mine", at=LATER).reviews


def test_what_was_reviewed_since_is_left_alone(write, product, editor_in_person):
    """SRC-2: a fact that is delivered late asks for nothing twice."""
    article = write(product=product)
    commands.review(article, actor=editor_in_person, at=LATER + timedelta(hours=1))
    assert _outgrow(product) == 0
