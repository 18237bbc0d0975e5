"""The log: counted, anonymous, kept for a time; and what followed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.history.queries import FactRow
from amparo.kernel.refusals import Invalid, NotPermitted
from amparo.search import commands, queries, reactions
from amparo.search.errors import NotEnoughWords, WordTaken
from amparo.search.models import Search, SynonymGroup, WritingTask
from amparo.search.queries import Found

pytestmark = pytest.mark.django_db
SINCE = NOON - timedelta(days=30)


def note(words="caja rusa", who="user:1", at=NOON, **found):
    return commands.note_search(words, Found(**found), identity=who, place="page", at=at)


def test_the_report_counts_searches_people_and_tickets():
    """SRC-2"""
    note("Caja rusa"), note("cajas rusas", "user:2"), note("la caja rusa", "user:2")
    note("tinta"), note("papel", total=3), note("secreto", was_hidden=True)
    rows = queries.not_found(SINCE)
    assert [(row.searches, row.searchers, row.tickets) for row in rows] == [(3, 2, 0), (1, 1, 0)]
    assert {row.normal for row in rows} == {"caj rus", "tint"}
    told = queries.numbers(SINCE)
    assert (told.searches, told.found, told.hidden, told.not_found) == (6, 1, 1, 4)


def test_what_rights_hide_is_in_no_report():
    """SRC-2, SEC-29"""
    note("secreto", was_hidden=True)
    assert queries.not_found(SINCE) == []


def test_what_was_only_near_counts_as_not_found():
    note("caja rusa", total=2, near=True), note("inpresora", total=2, did_you_mean="impresora")
    assert len(queries.not_found(SINCE)) == 2


def test_a_ticket_soon_after_is_what_came_of_it():
    """TKT-3: within hours, by the same person, without a session and without a name."""
    note(at=NOON - timedelta(hours=5)), note(at=NOON - timedelta(hours=3)), note(who="user:2", at=NOON - timedelta(hours=1))
    reactions.ticket_opened(FactRow(1, "ticket:4", 1, "ticket.opened", "user:1", 7, NOON, {}))
    assert sorted(Search.objects.values_list("next_act", flat=True)) == ["", "", "ticket"]
    assert queries.not_found(SINCE)[0].tickets == 1


def test_a_ticket_counts_across_the_turn_of_a_month():
    """TKT-3: the hash changes with the month, the hours do not."""
    first = NOON.replace(month=12, day=1, hour=0, minute=30)
    note(at=first - timedelta(hours=1))
    assert commands.note_act("user:1", "ticket", at=first) == 1


def test_a_searcher_cannot_be_followed_over_months():
    """SRC-2"""
    note(at=NOON), note(at=NOON + timedelta(days=30))
    assert len(set(Search.objects.values_list("who", flat=True))) == 2


def test_only_the_first_click_counts():
    token = note(total=2)
    assert commands.note_click(token, 2, "article:1", at=NOON)
    assert not commands.note_click(token, 1, "article:2", at=NOON)
    assert not commands.note_click(note(total=1), 1, "article:1", at=NOON + timedelta(days=2))


def test_old_searches_are_dropped():
    """SRC-2"""
    note(at=NOON - timedelta(days=181)), note(at=NOON - timedelta(days=179))
    assert commands.forget_searches(at=NOON) == 1


def test_synonyms_hold_both_ways_and_at_once(publish, titles, administrator):
    """SRC-2"""
    publish("El punto de venta no abre")
    publish("La caja no abre")
    assert titles("caja") == ["La caja no abre"]
    group = commands.set_synonyms("caja, punto de venta, POS", actor=administrator, at=NOON)
    assert set(titles("cajas")) == set(titles("pos")) == set(titles("punto de venta")) == {"La caja no abre", "El punto de venta no abre"}
    commands.drop_synonyms(group, actor=administrator, at=NOON)
    assert titles("pos") == []


def test_synonyms_open_no_door_to_what_is_hidden(publish, titles, administrator):
    """SEC-29"""
    publish("Ornitorrinco", audience="staff")
    commands.set_synonyms("pato, ornitorrinco", actor=administrator, at=NOON)
    assert titles("pato") == []


def test_who_is_no_administrator_sets_no_synonyms(engineer, contact):
    for actor in (engineer, contact):
        with pytest.raises(NotPermitted):
            commands.set_synonyms("a caja, pos", actor=actor, at=NOON)


@pytest.mark.parametrize("text", ["", "caja", "caja, cajas", "!!, ??", "uno dos tres cuatro cinco, seis siete ocho nueve"])
def test_a_group_needs_two_words(administrator, text):
    with pytest.raises(NotEnoughWords):
        commands.set_synonyms(text, actor=administrator, at=NOON)


def test_a_word_stands_in_one_group(administrator, facts):
    group = commands.set_synonyms("caja, pos", actor=administrator, at=NOON)
    with pytest.raises(WordTaken) as refused:
        commands.set_synonyms("Cajas, mostrador", actor=administrator, at=NOON)
    assert "Cajas" in str(refused.value)
    commands.set_synonyms("caja, pos, tpv", group, actor=administrator, at=NOON)
    assert SynonymGroup.objects.get().words == ["caja", "pos", "tpv"]
    assert facts(group) == ["synonyms.set", "synonyms.set"]


def test_an_article_that_is_published_ends_its_task(engineer, facts):
    """SRC-1, SRC-2"""
    task = commands.make_task("caja rusa", actor=engineer, at=NOON)
    for source in ("", "ticket:4", "search:x", "search:99999", f"search:{task.pk}", f"search:{task.pk}"):
        reactions.published(FactRow(1, "article:4", 1, "article.published", "user:1", None, NOON, {"source": source}))
    task.refresh_from_db()
    assert (task.state, task.written) == ("done", "article:4")
    assert facts(task) == ["writing.asked", "writing.done"]


def test_tasks_are_for_staff_and_for_words(contact, engineer):
    with pytest.raises(NotPermitted):
        commands.make_task("caja", actor=contact, at=NOON)
    with pytest.raises(Invalid):
        commands.make_task(" !! ", actor=engineer, at=NOON)
    assert commands.make_task("caja", actor=engineer, at=NOON) == commands.make_task("cajas", actor=engineer, at=NOON)
    assert WritingTask.objects.count() == 1
