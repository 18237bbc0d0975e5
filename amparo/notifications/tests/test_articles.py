"""What the owner of an article is told: words, flags, reviews that are due, a new major version. SRC-2."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from amparo.conftest import NOON, make_staff
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.knowledge import commands, tasks
from amparo.knowledge.models import Article
from amparo.knowledge.tests.conftest import editor_in_person, product, releases, write  # noqa: F401 fixtures
from amparo.notifications import commands as notices
from amparo.notifications.models import Notice
from amparo.people.models import StaffRole
from amparo.products import commands as products

pytestmark = pytest.mark.django_db


def _told(kind: str) -> dict[int, str]:
    return dict(Notice.objects.filter(kind=kind).values_list("user_id", "title"))


def test_a_private_word_is_told_to_the_owner_alone(write, editor_in_person, engineer, deliver):  # noqa: F811
    """SRC-2: what a reader left with his «no», once; a press without a word tells nothing."""
    article = write()
    other = make_staff("Olga Editora", "editor")
    commands.vote(article, useful=False, reader="a", actor=VISITOR, at=NOON)
    deliver()
    assert not _told("article_word")
    commands.vote(article, useful=False, reader="b", word="Falta el paso del sello.", sought="sello", actor=VISITOR, at=NOON)
    deliver()
    deliver()
    assert set(_told("article_word")) == {editor_in_person.user_id}
    assert "No timbra la factura" in _told("article_word")[editor_in_person.user_id]
    StaffRole.objects.filter(user_id=editor_in_person.user_id).delete()
    commands.vote(article, useful=True, reader="c", word="Gracias.", actor=VISITOR, at=NOON)
    deliver()
    assert other.user_id in _told("article_word")  # its owner left: the editors have it


def test_a_flag_is_told_to_the_owner_by_letter(write, editor_in_person, engineer, deliver):  # noqa: F811
    """SRC-2: with who says it and what; nobody is told of his own."""
    article = write()
    commands.flag(article, "El código es 0418.", actor=engineer, at=NOON)
    commands.flag(article, "Lo anoto yo.", actor=editor_in_person, at=NOON)
    deliver()
    assert set(_told("article_flagged")) == {editor_in_person.user_id}
    notices.send_due(at=NOON)
    assert "El código es 0418." in mail.outbox[0].body and engineer.name in mail.outbox[0].body
    assert "Lo anoto yo" not in "".join(one.body for one in mail.outbox)


def test_an_overdue_review_is_told_once(write, editor_in_person, deliver):  # noqa: F811
    """SRC-2: both articles in one notice, not again the next day, again when the next review is overdue."""
    first = write(review_days=90)
    write("Otro artículo", review_days=90)
    late = NOON + timedelta(days=91)
    tasks.tick(at=NOON + timedelta(days=90))
    deliver()
    assert not _told("article_review")
    for _again in range(2):
        tasks.tick(at=late)
        deliver()
    assert Notice.objects.filter(kind="article_review").count() == 1
    assert _told("article_review")[editor_in_person.user_id].startswith("2 ")
    commands.review(first, actor=editor_in_person, at=late)
    tasks.tick(at=late + timedelta(days=91))
    deliver()
    assert Notice.objects.filter(kind="article_review").count() == 2


def test_a_new_major_version_is_told_to_owners(write, editor_in_person, product, releases, deliver):  # noqa: F811
    """SRC-2: the fact of the product marks the articles, and one notice says how many."""
    article = write(product=product)
    for version in ("11.2", "12.1"):
        products.make_current(releases[version], actor=SYSTEM, at=NOON + timedelta(days=1))
        deliver()
    assert Article.objects.get(pk=article.pk).written_for == "11.2"
    assert "11.2" in _told("article_review")[editor_in_person.user_id]
