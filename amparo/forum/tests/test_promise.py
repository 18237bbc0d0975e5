"""The promise of an answer on every question. FOR-2, TIM-4, TIM-9."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from amparo.conftest import NOON
from amparo.deadlines import commands as deadlines
from amparo.deadlines.queries import promises_of
from amparo.forum import commands, queries
from amparo.forum.models import Post

DUE = datetime(2026, 11, 17, 18, 0, tzinfo=UTC)  # Tuesday at noon: the weekend and the holiday of Monday 16 do not count


def state(topic):
    topic.refresh_from_db()
    return [promise.shown_state for promise in promises_of(topic)]


def test_a_question_is_promised_an_answer_in_three_business_days(ask, facts):
    """TIM-4, FOR-2: 72 business hours, over a weekend and a holiday, stored once."""
    topic = ask()
    assert (topic.due_at, topic.due_from, topic.answered_at) == (DUE, NOON, None)
    assert [p.priority for p in promises_of(topic)] == [3]
    assert facts(topic) == ["promise.made", "topic.opened"]


def test_a_discussion_is_promised_nothing(ask):
    """FOR-2"""
    topic = ask(kind="discussion")
    assert topic.due_at is None and promises_of(topic) == []


def test_any_visible_answer_of_somebody_else_keeps_it(ask, say, answerer, asker):
    """FOR-2, TIM-9: a user's answer counts as one of staff; one's own does not."""
    topic = ask()
    say(topic, "Ya probé con otro cable.", by=asker, at=NOON + timedelta(hours=1))
    assert state(topic) == ["open"] and topic.answered_at is None
    say(topic, "Revise la cola de impresión.", by=answerer, at=NOON + timedelta(hours=2))
    assert state(topic) == ["kept"] and topic.answered_at == NOON + timedelta(hours=2)
    kept = promises_of(topic)[0]
    assert kept.met_by_id == answerer.user_id


def test_an_answer_after_its_time_is_late_for_ever_and_the_lapse_a_fact(ask, say, answerer, facts):
    """FOR-2, TIM-9, TIM-10"""
    topic = ask()
    assert deadlines.lapse_due(at=DUE + timedelta(hours=1)) == 1 and deadlines.lapse_due(at=DUE + timedelta(hours=2)) == 0
    assert facts(topic).count("promise.lapsed") == 1
    say(topic, "Tarde, pero seguro.", by=answerer, at=DUE + timedelta(hours=3))
    promise = promises_of(topic)[0]
    assert promise.state == "lapsed" and promise.met_at == DUE + timedelta(hours=3) and promise.margin_seconds < 0


def test_a_late_answer_lapses_also_where_no_worker_ran(ask, say, answerer, facts):
    """FOR-2, TIM-10"""
    topic = ask()
    say(topic, "Tarde.", by=answerer, at=DUE + timedelta(minutes=1))
    assert "promise.lapsed" in facts(topic) and promises_of(topic)[0].state == "lapsed"


def test_hiding_the_only_answer_owes_one_again_with_what_was_left(ask, say, answerer, moderator):
    """FOR-2, TIM-9: the promise that was kept stays kept; a new one runs with the time that was left when that answer came."""
    topic = ask()
    answer = say(topic, "Compre mis lentes baratos.", by=answerer, at=NOON + timedelta(hours=24))
    commands.hide_post(answer, "Es publicidad.", actor=moderator, at=NOON + timedelta(hours=25))
    topic.refresh_from_db()
    first, second = promises_of(topic)
    assert first.state == "kept" and second.state == "open" and topic.answered_at is None
    assert second.amount == 48 and second.started_at == NOON + timedelta(hours=25)
    assert topic.due_at == second.due_at


def test_a_hidden_late_answer_gives_at_least_a_day(ask, say, answerer, moderator):
    """FOR-2"""
    topic = ask()
    answer = say(topic, "Publicidad.", by=answerer, at=DUE + timedelta(hours=1))
    commands.hide_post(answer, "Es publicidad.", actor=moderator, at=DUE + timedelta(hours=2))
    assert promises_of(topic)[-1].amount == 24


def test_hiding_one_of_two_answers_owes_nothing(ask, say, answerer, moderator):
    """FOR-2"""
    topic = ask()
    bad = say(topic, "Publicidad.", by=answerer)
    say(topic, "Actualice el controlador.", by=moderator)
    commands.hide_post(bad, "Es publicidad.", actor=moderator, at=NOON)
    assert state(topic) == ["kept"]


def test_showing_the_answer_again_keeps_what_was_owed_again(ask, say, answerer, moderator):
    """FOR-2"""
    topic = ask()
    act = commands.hide_post(say(topic, "Vea el menú.", by=answerer), "No parece útil.", actor=moderator, at=NOON)
    commands.undo(act, actor=moderator, at=NOON + timedelta(hours=1))
    assert state(topic) == ["kept", "kept"]


@pytest.mark.parametrize("end", ["close", "hide", "discussion"])
def test_closing_hiding_and_discussing_end_what_is_owed(ask, moderator, end):
    """FOR-2: it ends with its reason, and reports do not count it as kept."""
    topic = ask()
    if end == "close":
        commands.close(topic, "Repetida.", actor=moderator, at=NOON)
    elif end == "hide":
        commands.hide_topic(topic, "Repetida.", actor=moderator, at=NOON)
    else:
        commands.change_kind(topic, "discussion", actor=moderator, at=NOON)
    assert state(topic) == ["ended"] and topic.due_at is None


def test_reopening_owes_again(ask, moderator):
    """FOR-2"""
    topic = ask()
    commands.close(topic, "Repetida.", actor=moderator, at=NOON + timedelta(hours=12))
    commands.reopen(topic, actor=moderator, at=NOON + timedelta(hours=13))
    assert state(topic) == ["ended", "open"]
    assert promises_of(topic)[-1].amount == 60


def test_who_solves_his_own_question_is_owed_nothing(ask, say, asker):
    """FOR-2"""
    topic = ask()
    own = say(topic, "Era el cable.", by=asker)
    commands.solve(own, actor=asker, at=NOON)
    assert state(topic) == ["ended"]
    commands.unsolve(topic, actor=asker, at=NOON)
    assert state(topic) == ["ended", "open"]


def test_at_ninety_percent_it_is_on_the_desk(ask, say, answerer, engineer, contact):
    """TIM-10, FOR-2: 64.8 of 72 business hours, without a worker; nobody but staff sees it there."""
    topic = ask()
    before, after = datetime(2026, 11, 17, 10, 47, tzinfo=UTC), datetime(2026, 11, 17, 10, 48, tzinfo=UTC)
    assert topic.desk_at == after
    assert queries.owed(engineer, at=before) == [] and [row.id for row in queries.owed(engineer, at=after)] == [topic.pk]
    assert queries.waiting(engineer, at=after)["owed"] == 1 and queries.owed(contact, at=after) == []
    assert [row.id for row in queries.owed(engineer, at=NOON, soon=False)] == [topic.pk]
    say(topic, "Listo.", by=answerer, at=after)
    assert queries.owed(engineer, at=after) == []


def test_a_question_that_waited_for_review_is_promised_from_when_it_was_asked(ask, newcomer, moderator):
    """TIM-4, TIM-9: holding a post is our doing; the asker's clock runs from the question."""
    topic = commands.ask(ask().theme, "Pregunta de alguien nuevo", commands.Written("¿Cómo facturo?"), actor=newcomer, at=NOON)
    assert topic.visibility == "held" and promises_of(topic) == []
    review = Post.objects.get(topic=topic).reviews.get()
    commands.claim(review, actor=moderator, at=NOON + timedelta(hours=5))
    commands.decide(review, "keep", actor=moderator, at=NOON + timedelta(hours=5))
    topic.refresh_from_db()
    assert topic.visibility == "shown" and (topic.due_from, topic.due_at) == (NOON, DUE)


def test_a_question_split_off_is_owed_from_when_it_was_written(ask, say, answerer, moderator):
    """FOR-2, FOR-1"""
    topic = ask()
    other = say(topic, "A mí me falla el lector.", by=answerer, at=NOON + timedelta(hours=1))
    fresh = commands.split(topic, [other.pk], "Me falla el lector", actor=moderator, at=NOON + timedelta(hours=2))
    fresh.refresh_from_db()
    topic.refresh_from_db()
    assert fresh.due_from == NOON + timedelta(hours=1) and fresh.author_id == answerer.user_id
    assert state(topic) == ["kept", "open"], "its only answer was no answer to it"
