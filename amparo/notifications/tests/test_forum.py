"""Letters of the forum: who is told, once, in time, and how one press stops it. FOR-1, FOR-2, TIM-10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from amparo.conftest import NOON
from amparo.deadlines import commands as deadlines
from amparo.forum import commands as forum
from amparo.forum.models import Member
from amparo.forum.tests.conftest import (  # noqa: F401 fixtures
    answerer,
    ask,
    asker,
    moderator,
    newcomer,
    other_theme,
    say,
    second_moderator,
    theme,
)
from amparo.kernel.actor import SYSTEM
from amparo.notifications import commands
from amparo.notifications.models import Letter, Notice, Preference
from amparo.project import mail_doors

pytestmark = pytest.mark.django_db


def told(kind):
    return sorted(Letter.objects.filter(kind=kind).values_list("user_id", flat=True))


def test_who_asked_is_told_of_an_answer_with_one_press_to_leave(ask, say, asker, answerer, deliver, client):  # noqa: F811
    """FOR-1: by RFC 8058, and by a link that anybody can press; nobody is told what he did himself."""
    topic = ask()
    say(topic, "Revise el cable.", by=answerer)
    deliver()
    assert told("forum") == [asker.user_id]
    commands.send_due(at=NOON)
    letter = mail.outbox[0]
    assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = letter.extra_headers["List-Unsubscribe"].strip("<>")
    assert address in letter.body and "Revise el cable" in letter.body and "@ejemplo.mx" not in letter.body
    path = "/" + address.split("/", 3)[3]
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    say(topic, "Y el puerto.", by=answerer)
    deliver()
    assert len(told("forum")) == 1


def test_a_mention_reaches_who_was_called_even_where_he_does_not_watch(ask, say, asker, answerer, moderator, deliver):  # noqa: F811
    """FOR-1: members of the staff by the kind of their side."""
    topic = ask(by=answerer)
    say(topic, "@Paula y @Monica, ¿lo han visto?", by=answerer)
    deliver()
    assert told("forum_mention") == [asker.user_id] and Notice.objects.get(kind="forum_staff").user_id == moderator.user_id


def test_what_was_put_where_only_staff_read_is_told_to_nobody_else(ask, say, asker, answerer, moderator, deliver):  # noqa: F811
    """SEC-9, SEC-11: split off and moved before anybody was told; the right is asked of where the post stands now."""
    topic = ask()
    post = say(topic, "@Paula: la clave es canario.", by=answerer)
    inner = forum.put_theme(None, {"name": "Interno", "position": 9, "audience": "staff"}, actor=SYSTEM, at=NOON)
    forum.move(forum.split(topic, [post.pk], "Aparte, del personal", actor=moderator, at=NOON), inner, actor=moderator, at=NOON)
    deliver()
    assert told("forum") == told("forum_mention") == []


def test_who_lost_the_right_is_not_written_to(ask, say, asker, answerer, theme, deliver):  # noqa: F811
    """SEC-11, SEC-20: asked when it is told and again when it is sent."""
    topic = ask()
    say(topic, "Revise el cable.", by=answerer)
    deliver()
    forum.put_theme(theme, {"audience": "customer"}, actor=SYSTEM, at=NOON)
    commands.send_due(at=datetime.now(UTC))
    assert mail.outbox == [] and Letter.objects.get(kind="forum").state == "dropped"
    say(topic, "Y el puerto.", by=answerer)
    deliver()
    assert len(told("forum")) == 1


def test_nobody_hears_of_a_post_that_waits_for_review(ask, say, asker, newcomer, moderator, deliver):  # noqa: F811
    """FOR-1: it is told when it is visible; meanwhile moderators see that it waits."""
    post = forum.reply(ask(), forum.Written("Gane dinero"), actor=newcomer, at=NOON)
    deliver()
    assert told("forum") == [] and Notice.objects.filter(kind="forum_review", user_id=moderator.user_id).count() == 1
    review = post.reviews.get()
    forum.claim(review, actor=moderator, at=NOON)
    forum.decide(review, "keep", actor=moderator, at=NOON)
    deliver()
    assert told("forum") == [asker.user_id] and told("forum_own") == [newcomer.user_id]


def test_staff_marking_tells_who_asked(ask, say, asker, answerer, moderator, deliver):  # noqa: F811
    """FOR-1"""
    topic = ask()
    forum.solve(say(topic, "Revise el cable.", by=answerer), actor=moderator, at=NOON)
    deliver()
    assert told("forum_own") == sorted([asker.user_id, answerer.user_id])


def test_hiding_tells_the_author_why(ask, say, answerer, moderator, deliver):  # noqa: F811
    """FOR-1"""
    forum.hide_post(say(ask(), "Compre barato.", by=answerer), "Es publicidad.", actor=moderator, at=NOON)
    deliver()
    assert told("forum_own") == [answerer.user_id] and "Es publicidad." in str(Letter.objects.get(kind="forum_own").words)


def test_staff_are_told_at_ninety_percent_and_when_it_lapses(ask, moderator, engineer, deliver):  # noqa: F811
    """TIM-10, FOR-2: not at half of the time, for users answer each other until then."""
    topic = ask()
    for hours in (40, 60):
        deadlines.warn_due(at=NOON + timedelta(days=5, hours=-hours + 40))
        deliver()
    assert told("forum_owed") == []
    deadlines.warn_due(at=datetime(2026, 11, 17, 12, 0, tzinfo=UTC))
    deliver()
    assert told("forum_owed") == sorted([moderator.user_id, engineer.user_id])
    deadlines.lapse_due(at=topic.due_at + timedelta(minutes=1))
    deliver()
    assert len(told("forum_owed")) == 4


def test_an_answer_by_mail_is_a_reply(ask, asker, answerer, newcomer):  # noqa: F811
    """FOR-1: of somebody new it waits for review, for mail does no work."""
    topic = ask(by=answerer)
    post = mail_doors.topic(asker, topic.pk, "Por correo", (), "m1", NOON)
    assert (post.via, post.visibility, post.pk) == ("email", "shown", mail_doors.topic(asker, topic.pk, "Por correo", (), "m1", NOON).pk)
    assert mail_doors.topic(newcomer, topic.pk, "Por correo también", (), "m2", NOON).visibility == "held"


def test_digests_in_the_morning_once(ask, say, asker, answerer, theme, deliver):  # noqa: F811
    """FOR-1: of what one tracks or watches, by the local clock; nothing where there is nothing."""
    from amparo.forum.tasks import tick

    forum.watch("theme", theme.pk, "tracking", actor=answerer, at=NOON)
    Member.objects.update(digested_at=NOON - timedelta(days=2))
    Member.objects.filter(pk=answerer.user_id).update(digest="daily")
    ask()
    for at in (datetime(2026, 11, 12, 10, 0, tzinfo=UTC), *[datetime(2026, 11, 12, 15, 0, tzinfo=UTC)] * 2):
        tick(at=at)
        deliver(at)
    letters = Letter.objects.filter(kind="forum_digest")
    assert [letter.user_id for letter in letters] == [answerer.user_id]
    assert "No imprime el corte" in str(letters[0].words) and "/forum/leave/" in letters[0].words["leave_url"]
    forum.unsubscribe(answerer.user_id, "digest", actor=SYSTEM, at=NOON)
    assert Member.objects.get(pk=answerer.user_id).digest == "none"


def test_a_post_that_was_hidden_meanwhile_is_in_no_letter(ask, say, asker, answerer, moderator, deliver):  # noqa: F811
    """SEC-11, SEC-20: asked again by the post just before it goes, of staff too; the letter about another post goes."""
    topic = ask()
    forum.watch("topic", topic.pk, "watching", actor=moderator, at=NOON)
    Preference.objects.create(user_id=moderator.user_id, kind="forum_staff", page=True, mail=True)
    say(topic, "La clave es canario.", by=answerer)
    other = say(topic, "Revise el cable.", by=answerer)
    deliver()
    assert (told("forum"), told("forum_staff")) == ([asker.user_id] * 2, [moderator.user_id] * 3)  # of the question too
    forum.hide_post(other.topic.posts.get(body__contains="canario"), "Tiene una clave.", actor=moderator, at=NOON)
    commands.send_due(at=NOON)
    assert sum("Revise el cable." in letter.body for letter in mail.outbox) == 2 and not any("canario" in letter.body for letter in mail.outbox)
    assert Letter.objects.filter(state="dropped").count() == 2


def test_who_watches_is_told_that_a_merge_was_undone(ask, say, asker, answerer, moderator, second_moderator, deliver):  # noqa: F811
    """FOR-1: once each, where his topic is again; not who muted it, not who undid it; and the author that it was merged."""
    topic, into = ask("No imprime el ticket"), ask("La impresora no corta", by=answerer)
    third, muting = ask("Otra pregunta más", by=moderator), second_moderator
    forum.watch("topic", into.pk, "tracking", actor=asker, at=NOON)
    forum.watch("topic", topic.pk, "muted", actor=muting, at=NOON)
    Notice.objects.all().delete()
    forum.merge(topic, into, actor=moderator, at=NOON)
    deliver()
    assert "se juntó con otro" in Notice.objects.get(user_id=asker.user_id, kind="forum_own").title
    Notice.objects.all().delete()
    forum.undo(topic.acts.get(verb="merge"), actor=moderator, at=NOON)
    deliver()
    deliver()
    told = {notice.user_id: notice.url for notice in Notice.objects.filter(kind="forum")}
    assert told == {asker.user_id: topic.url, answerer.user_id: into.url}
    assert not Notice.objects.filter(user_id__in=[muting.user_id, moderator.user_id]).exists() and third.visibility == "shown"
