"""Supervising the forum: each act with its reason, its right and its way back; nobody works on the same review. FOR-1."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON, make_user
from amparo.forum import access, commands, errors, queries
from amparo.forum.models import Act, Post, Review, Topic
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import NotPermitted
from amparo.people.queries import actor_by_id
from amparo.search.models import Document

from .conftest import joined


def test_only_moderators_supervise(ask, say, answerer, asker, other_theme, sales):
    """FOR-1, SEC-9: neither who asked nor staff of other work."""
    topic, post = ask(), None
    post = say(topic, "Cable.", by=answerer)
    other = ask("Otra pregunta distinta")
    for who in (asker, answerer, sales):
        for act in (
            lambda who=who: commands.hide_post(post, "No me gusta.", actor=who, at=NOON),
            lambda who=who: commands.hide_topic(topic, "No me gusta.", actor=who, at=NOON),
            lambda who=who: commands.close(topic, "Porque sí.", actor=who, at=NOON),
            lambda who=who: commands.pin(topic, actor=who, at=NOON),
            lambda who=who: commands.move(topic, other_theme, actor=who, at=NOON),
            lambda who=who: commands.split(topic, [post.pk], "Título nuevo", actor=who, at=NOON),
            lambda who=who: commands.merge(topic, other, actor=who, at=NOON),
            lambda who=who: commands.change_kind(topic, "discussion", actor=who, at=NOON),
        ):
            with pytest.raises(NotPermitted):
                act()
    assert not Act.objects.exists()


def test_what_is_hidden_is_for_its_author_with_the_reason_and_for_staff(ask, say, answerer, asker, moderator, client_for):
    """FOR-1, SEC-9, SEC-10"""
    topic = ask()
    post = say(topic, "PALABRA-OCULTA", by=answerer)
    with pytest.raises(errors.ReasonMissing):
        commands.hide_post(post, "", actor=moderator, at=NOON)
    commands.hide_post(post, "Es publicidad.", actor=moderator, at=NOON)
    seen = {who: client_for(actor).get(f"/forum/topics/{topic.pk}/").content.decode() for who, actor in (
        ("visitor", VISITOR), ("asker", asker), ("author", answerer), ("staff", moderator))}  # fmt: skip
    assert {who for who, page in seen.items() if "PALABRA-OCULTA" in page} == {"author", "staff"}
    assert "Es publicidad." in seen["author"] and "Es publicidad." not in seen["visitor"]
    assert not access.may_see_post_id(VISITOR, post.pk, at=NOON) and access.may_see_post_id(answerer, post.pk, at=NOON)
    commands.hide_topic(topic, "Repetida.", actor=moderator, at=NOON)
    assert not access.may_see_id(VISITOR, topic.pk, at=NOON) and access.may_see_id(asker, topic.pk, at=NOON)
    assert not Document.objects.filter(subject=topic.subject).exists()
    assert client_for(answerer).get(f"/forum/topics/{topic.pk}/").status_code == 404


def test_each_act_is_undone_once(ask, say, answerer, moderator, other_theme, asker):
    """FOR-1"""
    topic, other = ask(), ask("Otra pregunta distinta")
    post = say(topic, "Cable.", by=answerer)
    commands.solve(post, actor=asker, at=NOON)
    home = topic.theme_id

    def now():
        fresh = Topic.objects.get(pk=topic.pk)
        return (fresh.visibility, fresh.is_closed, fresh.is_pinned, fresh.theme_id, fresh.kind, fresh.solution_id, fresh.reply_count)

    before = now()
    commands.split(topic, [post.pk], "Separado del tema", actor=moderator, at=NOON)
    split = Act.objects.get(verb="split")
    commands.undo(split, actor=moderator, at=NOON)
    assert now()[6] == 1 and post.topic_id == topic.pk
    commands.solve(post, actor=asker, at=NOON)
    for act in (
        commands.hide_post(post, "Por error.", actor=moderator, at=NOON), commands.hide_topic(topic, "Por error.", actor=moderator, at=NOON),
        commands.close(topic, "Por error.", actor=moderator, at=NOON), commands.pin(topic, actor=moderator, at=NOON),
        commands.move(topic, other_theme, actor=moderator, at=NOON),
    )[::-1]:  # fmt: skip
        commands.undo(act, actor=moderator, at=NOON)
        with pytest.raises(errors.CannotUndo):
            commands.undo(act, actor=moderator, at=NOON)
    assert now() == before and home == Topic.objects.get(pk=topic.pk).theme_id
    commands.merge(topic, other, actor=moderator, at=NOON)
    merged = Act.objects.get(verb="merge")
    assert Post.objects.filter(topic=other).count() == 3
    commands.undo(merged, actor=moderator, at=NOON)
    assert now() == before and Post.objects.filter(topic=topic).count() == 2


def test_a_split_on_which_people_built_is_not_undone(ask, say, answerer, asker, moderator):
    """FOR-1"""
    topic = ask()
    post = say(topic, "A mí también.", by=answerer)
    fresh = commands.split(topic, [post.pk], "Falla el lector", actor=moderator, at=NOON)
    say(fresh, "Respuesta nueva", by=asker)
    with pytest.raises(errors.CannotUndo):
        commands.undo(Act.objects.get(verb="split"), actor=moderator, at=NOON)
    with pytest.raises(errors.PostsMissing):
        commands.split(topic, [], "Nada que separar", actor=moderator, at=NOON)
    with pytest.raises(errors.PostsMissing):
        commands.split(topic, [post.pk], "De otro tema ya", actor=moderator, at=NOON)
    with pytest.raises(errors.OtherTopic):
        commands.merge(topic, topic, actor=moderator, at=NOON)


def test_what_few_read_is_not_put_where_more_read_by_a_number(ask, say, answerer, other_theme, moderator):
    """SEC-9: neither by merging nor by undoing a split; the other way round it is; moved first, it is said."""
    inner = commands.put_theme(None, {"name": "Interno", "position": 9, "audience": "staff"}, actor=SYSTEM, at=NOON)
    topic, other = ask(), ask("Otra pregunta distinta")
    post = say(topic, "La clave es canario.", by=answerer)
    fresh = commands.split(topic, [post.pk], "Aparte, del personal", actor=moderator, at=NOON)
    commands.move(fresh, inner, actor=moderator, at=NOON)
    with pytest.raises(errors.OtherReaders):
        commands.merge(fresh, other, actor=moderator, at=NOON)
    with pytest.raises(errors.CannotUndo):
        commands.undo(Act.objects.get(verb="split"), actor=moderator, at=NOON)
    assert not access.posts_visible_to(VISITOR, at=NOON).filter(pk=post.pk).exists()
    commands.merge(other, fresh, actor=moderator, at=NOON)
    assert not access.may_see_id(VISITOR, other.pk, at=NOON)
    commands.move(fresh, other_theme, actor=moderator, at=NOON)
    commands.merge(fresh, topic, actor=moderator, at=NOON)
    assert access.posts_visible_to(VISITOR, at=NOON).filter(pk=post.pk).exists()


def test_the_address_of_a_post_outlives_splits_and_merges(ask, say, answerer, moderator, client_for):
    """FOR-1, SEC-11"""
    topic, other = ask(), ask("Otra pregunta distinta")
    post = say(topic, "Cable.", by=answerer)
    client = client_for(VISITOR)
    commands.merge(topic, other, actor=moderator, at=NOON)
    assert client.get(f"/forum/posts/{post.pk}/").url == f"/forum/topics/{other.pk}/#post-{post.pk}"
    assert queries.topics(VISITOR, access.reader(VISITOR, at=NOON)).rows[0].id == other.pk


def test_two_moderators_never_work_on_the_same_review(ask, say, answerer, asker, moderator, second_moderator):
    """FOR-1: a claim holds for its minutes, then another may take it."""
    post = say(ask(), "Compre barato.", by=answerer)
    review = commands.flag(post, "spam", "Es publicidad", actor=asker, at=NOON)
    assert commands.flag(post, "spam", actor=asker, at=NOON).pk == review.pk and review.flags.count() == 1
    with pytest.raises(errors.NotClaimed):
        commands.decide(review, "keep", actor=moderator, at=NOON)
    commands.claim(review, actor=moderator, at=NOON)
    with pytest.raises(errors.ClaimedByOther):
        commands.claim(review, actor=second_moderator, at=NOON + timedelta(minutes=14))
    with pytest.raises(errors.ClaimedByOther):
        commands.decide(review, "keep", actor=second_moderator, at=NOON + timedelta(minutes=14))
    commands.claim(review, actor=second_moderator, at=NOON + timedelta(minutes=15))
    with pytest.raises(errors.ClaimedByOther):
        commands.decide(review, "hide", "Es publicidad.", actor=moderator, at=NOON + timedelta(minutes=16))
    commands.decide(review, "hide", "Es publicidad.", actor=second_moderator, at=NOON + timedelta(minutes=16))
    with pytest.raises(errors.AlreadyDecided):
        commands.claim(review, actor=moderator, at=NOON + timedelta(minutes=17))
    with pytest.raises(NotPermitted):
        commands.claim(review, actor=asker, at=NOON)


def test_several_trusted_reports_hide_until_judged(ask, say, answerer, moderator, facts):
    """FOR-1: those of the new alone do not; staff are not hidden so."""
    topic = ask()
    post, own = say(topic, "Compre barato.", by=answerer), say(topic, "Del personal.", by=moderator)
    people = [joined(actor_by_id(make_user(f"Lector {n}").pk), f"lector{n}", trust=n % 2) for n in range(6)]
    for one in people[:4]:
        commands.flag(post, "spam", actor=one, at=NOON)
    post.refresh_from_db()
    assert post.visibility == "shown"
    commands.flag(post, "spam", actor=people[5], at=NOON)
    post.refresh_from_db()
    assert post.visibility == "held" and Review.objects.filter(decided_at__isnull=True).count() == 1
    for one in people:
        commands.flag(own, "rude", actor=one, at=NOON)
    own.refresh_from_db()
    assert own.visibility == "shown"
    with pytest.raises(errors.OwnPost):
        commands.flag(post, "spam", actor=answerer, at=NOON)
    before = facts(topic).count("topic.replied")
    review = commands.claim(Review.objects.get(post=post), actor=moderator, at=NOON)
    commands.decide(review, "keep", actor=moderator, at=NOON)
    post.refresh_from_db()
    assert post.visibility == "shown" and facts(topic).count("topic.replied") == before, "nobody is told of it a second time"


def test_a_closed_topic_takes_no_more_words_but_of_staff(ask, say, answerer, moderator):
    """FOR-1"""
    topic = ask()
    commands.close(topic, "Repetida.", actor=moderator, at=NOON)
    with pytest.raises(errors.TopicClosed):
        say(topic, "Algo más", by=answerer)
    say(topic, "Vea el otro tema.", by=moderator)


def test_the_log_is_of_staff(ask, moderator, asker):
    """FOR-1, SEC-10"""
    commands.pin(ask(), actor=moderator, at=NOON)
    assert len(queries.acts(moderator).rows) == 1 and queries.acts(asker).rows == []
    assert queries.reviews(asker).rows == [] and queries.waiting(asker, at=NOON) == {"owed": 0, "reviews": 0}
