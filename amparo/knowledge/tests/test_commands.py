"""Publishing, voting, flagging, reviewing, citing, drafting. SRC-1, SRC-2."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail.models import ModelLogEntry, Revision

from amparo.conftest import NOON
from amparo.editor import commands as editor
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.knowledge import access, commands, queries
from amparo.knowledge.errors import CodeTaken, NothingToSay, ThemeTaken, TooManyVotes
from amparo.knowledge.models import Article, Citation, Code, Version, Vote
from amparo.search.models import Document

LATER = NOON + timedelta(days=1)


def test_what_is_published_is_rendered_once_coded_kept_and_found(write, facts, editor_in_person):
    """SRC-2"""
    article = write(codes="PV-0417, E12", symptom="No timbra", summary="Error del PAC")
    assert article.rendered == [["symptom", "<p>No timbra</p>\n"], ["solution", "<p>Corrija el <strong>código postal</strong>.</p>\n"]]
    assert article.live and article.version == 1 and article.published_at == NOON and article.slug == "no-timbra-la-factura"
    assert article.owner_id == editor_in_person.user_id
    assert article.review_on == date(2026, 11, 11) + timedelta(days=180)
    assert set(Code.objects.values_list("normal", "shown")) == {("PV0417", "PV-0417"), ("E12", "E12")}
    document = Document.objects.get(subject=article.subject)
    assert "código postal" in document.body and "<strong>" not in document.body and document.url == f"/knowledge/{article.pk}-{article.slug}/"
    assert facts(article) == ["article.drafted", "article.published"] or facts(article) == ["article.published"]


def test_a_draft_of_a_published_article_changes_nothing_for_readers(write, editor_in_person):
    """SRC-2, SEC-11"""
    article = write()
    draft = article.get_latest_revision_as_object()
    draft.solution, draft.title = "Otra cosa", "Otro título"
    editor.save_draft(draft, actor=editor_in_person, at=LATER)
    stored = Article.objects.get(pk=article.pk)
    assert stored.title == "No timbra la factura" and "postal" in stored.solution and stored.has_unpublished_changes
    again = commands.publish(stored, actor=editor_in_person, at=LATER)
    assert again.title == "Otro título" and again.version == 2 and again.published_at == NOON and again.updated_at == LATER
    assert [one.content["title"] for one in Version.objects.order_by("number")] == ["No timbra la factura", "Otro título"]
    assert Document.objects.get(subject=article.subject).title == "Otro título"


def test_an_old_revision_brings_no_old_bookkeeping_back(write, editor_in_person):
    """SRC-2"""
    article = write()
    first = article.latest_revision
    draft = article.get_latest_revision_as_object()
    draft.solution = "Segunda"
    editor.save_draft(draft, actor=editor_in_person, at=LATER)
    commands.publish(article, actor=editor_in_person, at=LATER)
    Article.objects.get(pk=article.pk).publish_at(first, editor_in_person, LATER, skip_permission_checks=True)
    now = Article.objects.get(pk=article.pk)
    assert now.version == 3 and "postal" in now.solution and now.published_at == NOON and now.created_at == NOON


def test_taken_back_it_is_found_no_more(write, editor_in_person, facts):
    """SRC-2, SEC-11"""
    article = write(codes="PV-0417")
    commands.take_back(article, actor=editor_in_person, at=LATER)
    assert not Code.objects.exists() and not Document.objects.filter(subject=article.subject).exists()
    assert not access.visible_to(editor_in_person, at=LATER).exists()
    assert facts(article)[-1] == "article.taken_back"


def test_only_editors_publish(write, engineer, administrator, contact):
    """SEC-53"""
    article = write(publish=False)
    for actor in (engineer, contact):
        with pytest.raises(NotPermitted):
            commands.publish(article, actor=actor, at=NOON)
    assert commands.publish(article, actor=administrator, at=NOON).live


def test_an_article_without_a_text_is_not_published(write, editor_in_person):
    """SRC-2"""
    article = write(publish=False, solution="  ")
    with pytest.raises(NothingToSay):
        commands.publish(article, actor=editor_in_person, at=NOON)
    assert not Article.objects.get(pk=article.pk).live


def test_a_code_belongs_to_one_article_a_language(write, product):
    """SRC-2"""
    write(codes="PV-0417")
    with pytest.raises(ValidationError, match="PV-0417"):
        Article(title="Otro", codes="pv0417").clean()
    with pytest.raises((CodeTaken, ValidationError)):
        write("Otro", codes="pv0417")
    assert write("In English", codes="PV-0417", language="en").live


def test_versions_must_be_of_the_product_and_in_order(product, releases):
    """SRC-2"""
    Article(title="x", product=product, from_release=releases["10.0"], to_release=releases["12.1"]).clean()
    with pytest.raises(ValidationError):
        Article(title="x", product=product, from_release=releases["12.1"], to_release=releases["10.0"]).clean()
    with pytest.raises(ValidationError):
        Article(title="x", from_release=releases["10.0"]).clean()


def test_what_is_scheduled_goes_live_at_its_hour_once(write, editor_in_person, monkeypatch):
    """SRC-2, SRC-3"""
    soon = timezone.now() + timedelta(hours=2)
    article = write(publish=False, go_live_at=soon)
    article.latest_revision.publish(user=None)
    assert not Article.objects.get(pk=article.pk).live
    assert editor.publish_due(at=soon - timedelta(minutes=1)) == 0
    monkeypatch.setattr(timezone, "now", lambda: soon + timedelta(days=2))
    assert editor.publish_due(at=soon + timedelta(days=2)) == 1
    live = Article.objects.get(pk=article.pk)
    assert live.live and live.published_at == soon and live.version == 1
    assert editor.publish_due(at=soon + timedelta(days=2)) == 0


def test_what_waits_for_its_hour_can_be_published_now(write, editor_in_person):
    """SRC-2, SRC-3"""
    hour = timezone.now() + timedelta(days=9)
    article = write(publish=False, go_live_at=hour)
    article.latest_revision.publish(user=None)
    commands.publish(article, actor=editor_in_person, at=timezone.now())
    stored = Article.objects.get(pk=article.pk)
    assert stored.live and stored.version == 1 and stored.go_live_at is None
    assert editor.publish_due(at=hour + timedelta(days=1)) == 0 and Article.objects.get(pk=article.pk).version == 1


def test_what_is_refused_at_its_hour_holds_nothing_else_up(write):
    """SRC-2, SRC-3"""
    refused, fine = write("Se adelantaron", publish=False, codes="PV-1"), write("Sale a su hora", publish=False)
    ends = write("Termina", expire_at=NOON + timedelta(minutes=3))
    write("Tiene el código", codes="PV-1")
    for minutes, one in enumerate((refused, fine)):
        Revision.objects.filter(pk=one.latest_revision_id).update(approved_go_live_at=NOON + timedelta(minutes=minutes))
    editor.publish_due(at=LATER)
    live = set(Article.objects.filter(live=True).values_list("pk", flat=True))
    assert fine.pk in live and refused.pk not in live and ends.pk not in live
    assert not Revision.objects.filter(approved_go_live_at__isnull=False).exists() and editor.publish_due(at=LATER) == 0
    assert "wagtail.schedule.cancel" in ModelLogEntry.objects.for_instance(refused).values_list("action", flat=True)


def test_what_ends_is_taken_back_at_its_hour(write):
    """SRC-2, SEC-11"""
    article = write(expire_at=NOON + timedelta(days=3))
    assert editor.publish_due(at=NOON + timedelta(days=2)) == 0
    assert editor.publish_due(at=NOON + timedelta(days=4)) == 1
    assert not Article.objects.get(pk=article.pk).live
    assert not Document.objects.filter(subject=article.subject).exists()


# --- readers ---------------------------------------------------------------------------------------------------------


def test_one_vote_a_reader_and_the_last_one_counts(write, contact, facts):
    """SRC-2"""
    article = write()
    commands.vote(article, useful=True, reader="user:1", actor=contact, at=NOON)
    kept = commands.vote(article, useful=False, reader="user:1", word="Falta la 10.2", sought="no timbra", actor=contact, at=LATER)
    assert Vote.objects.count() == 1 and kept.useful is False and kept.word == "Falta la 10.2"
    assert facts(f"article-desk:{article.pk}") == ["article.word_left"]
    assert facts(article)[-1] == "article.published"


def test_a_flood_of_votes_from_one_address_is_refused(write):
    """SRC-2, SEC-45"""
    from amparo.kernel.actor import VISITOR

    article = write()
    for number in range(40):
        commands.vote(article, useful=True, reader=f"r{number}", address="a", actor=VISITOR, at=NOON)
    with pytest.raises(TooManyVotes):
        commands.vote(article, useful=True, reader="further", address="a", actor=VISITOR, at=NOON)
    commands.vote(article, useful=True, reader="further", address="a", actor=VISITOR, at=NOON + timedelta(hours=2))


def test_nobody_votes_on_what_he_may_not_read(write, contact):
    """SEC-7, SEC-9"""
    article = write(audience="staff")
    with pytest.raises(Article.DoesNotExist):
        commands.vote(article, useful=True, reader="x", actor=contact, at=NOON)


def test_words_and_flags_are_closed_by_who_looks_after_it(write, engineer, editor_in_person, contact):
    """SRC-2"""
    article = write()
    word = commands.vote(article, useful=False, reader="x", word="Mal", actor=contact, at=NOON)
    flag = commands.flag(article, "El paso 3 ya no existe", actor=engineer, at=NOON)
    for act in (lambda: commands.close_word(word, actor=engineer, at=NOON), lambda: commands.close_flag(flag, "", actor=engineer, at=NOON)):
        with pytest.raises(NotPermitted):
            act()
    with pytest.raises(NotPermitted):
        commands.flag(article, "x", actor=contact, at=NOON)
    work = queries.work_list(editor_in_person, whose="mine", at=NOON)
    assert (len(work.words), len(work.flags)) == (1, 1) and queries.counts(editor_in_person, at=NOON) == 2
    commands.close_word(word, actor=editor_in_person, at=NOON)
    commands.close_flag(flag, "Corregido", actor=editor_in_person, at=NOON)
    assert len(queries.work_list(editor_in_person, whose="all", at=NOON)) == 0
    with pytest.raises(Invalid):
        commands.flag(article, " ", actor=engineer, at=NOON)


def test_an_overdue_review_is_on_the_list_until_it_is_done(write, editor_in_person):
    """SRC-2"""
    article = write(review_days=90)
    after = NOON + timedelta(days=91)
    assert len(queries.work_list(editor_in_person, whose="mine", at=NOON).reviews) == 0
    assert [one.pk for one in queries.work_list(editor_in_person, whose="mine", at=after).reviews] == [article.pk]
    commands.review(article, actor=editor_in_person, at=after)
    assert len(queries.work_list(editor_in_person, whose="mine", at=after).reviews) == 0


# --- writing down what was answered ----------------------------------------------------------------------------------


def test_a_draft_hides_what_is_private_and_comes_once(engineer, facts):
    """SRC-1, SEC-48"""
    given = {"title": "No timbra en MPOS-41003-2211", "symptom": "Escribe ana@ejemplo.mx", "solution": "Corrija", "key": "k1", "actor": engineer, "at": NOON}
    article = commands.draft_article(**given)
    assert article.title == "No timbra en •••• 2211" and "ana@" not in article.symptom and not article.live
    assert commands.draft_article(**given).pk == article.pk and Article.objects.count() == 1
    assert facts(article) == ["article.drafted"] and article.latest_revision.user_id == engineer.user_id
    assert queries.work_list(engineer, whose="mine", at=NOON).drafts[0].pk == article.pk


def test_customers_write_no_drafts(contact):
    """SEC-53"""
    with pytest.raises(NotPermitted):
        commands.draft_article(title="x", solution="y", actor=contact, at=NOON)


def test_a_draft_needs_a_title_and_a_text(engineer):
    """SRC-2"""
    for given in ({"title": " ", "solution": "x"}, {"title": "x", "solution": " "}):
        with pytest.raises(NothingToSay):
            commands.draft_article(**given, actor=engineer, at=NOON)


def test_only_published_articles_count_as_a_source(write, engineer):
    """SRC-1"""
    article, draft = write(), write("Otro", publish=False)
    internal = write("Solo para nosotros", audience="staff")
    assert commands.cited("entry:1", [article.pk, draft.pk, internal.pk, 999_999], actor=engineer, at=NOON) == 1
    assert commands.cited("entry:1", [article.pk], actor=engineer, at=NOON) == 1
    assert Citation.objects.count() == 1


def test_articles_point_to_each_other_once(write, editor_in_person, engineer):
    """SRC-2"""
    one, other = write(), write("Otro")
    commands.relate(one, other.pk, actor=editor_in_person, at=NOON)
    commands.relate(one, other.pk, actor=editor_in_person, at=NOON)
    assert one.relations.count() == 1
    with pytest.raises(NotPermitted):
        commands.relate(one, other.pk, actor=engineer, at=NOON)
    for wrong in (one.pk, 999_999):
        with pytest.raises(Invalid):
            commands.relate(one, wrong, actor=editor_in_person, at=NOON)
    commands.unrelate(one, other.pk, actor=editor_in_person, at=NOON)
    assert not one.relations.exists()


def test_a_theme_has_one_name(editor_in_person, engineer):
    """SRC-2"""
    made = commands.add_theme("Impresión", "Printing", actor=editor_in_person, at=NOON)
    with pytest.raises(ThemeTaken):
        commands.add_theme("impresion", actor=editor_in_person, at=NOON)
    assert commands.rename_theme(made, "Impresoras", actor=editor_in_person, at=NOON).name_in("en") == "Impresoras"
    with pytest.raises(NotPermitted):
        commands.add_theme("Otra", actor=engineer, at=NOON)
