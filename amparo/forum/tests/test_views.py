"""Pages of the forum: what they show to whom, and what they cost. ACC-2, FOR-1, FOR-2, TIM-4."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.forum import commands, queries
from amparo.forum.models import Post, Topic
from amparo.kernel.actor import VISITOR


def test_a_visitor_reads_with_the_promise_and_is_led_to_register(ask, say, answerer, client_for, django_assert_max_num_queries):
    """ACC-2, FOR-2, TIM-4: the date and hour stand there for everybody."""
    topic = ask()
    client = client_for(VISITOR)
    for address, most in (("/forum/", 6), (f"/forum/themes/{topic.theme_id}/", 6), (f"/forum/topics/{topic.pk}/", 8)):
        with django_assert_max_num_queries(most):
            page = client.get(address).content.decode()
        assert "No imprime el corte de caja" in page
    assert "2026-11-17T18:00:00" in page and "/account/signup/" in page
    assert "paula.pregunta" not in page.lower(), "the address of nobody"
    assert client.get("/forum/new/").status_code == 302 and client.post(f"/forum/topics/{topic.pk}/reply/").status_code == 302


def test_a_topic_of_two_hundred_posts_takes_at_most_eight_statements(ask, asker, answerer, client_for, django_assert_max_num_queries):
    """FOR-1"""
    topic = ask()
    Post.objects.bulk_create(
        Post(topic=topic, author_id=answerer.user_id, body="x", body_html="<p>x</p>", at=topic.created_at) for _ in range(199)
    )
    client = client_for(asker)
    with django_assert_max_num_queries(8):
        page = client.get(f"/forum/topics/{topic.pk}/").content.decode()
    assert page.count('class="entry ') == queries.PAGE_POSTS and 'rel="next"' in page
    last = Post.objects.filter(topic=topic).order_by("-pk")[0]
    found = client.get(f"/forum/posts/{last.pk}/", follow=True).content.decode()
    assert f'id="post-{last.pk}"' in found
    with django_assert_max_num_queries(6):
        assert client.get("/forum/").status_code == 200


def test_asking_by_the_page(theme, asker, client_for):
    """FOR-1: what was sent twice is one topic; private data is masked, and its author told."""
    client = client_for(asker)
    form = client.get(f"/forum/new/?theme={theme.pk}").content.decode()
    assert "72" in form and 'name="began"' in form
    given = {"kind": "reply", "sort": "question", "theme": theme.pk, "title": "No imprime el ticket", "body": "Mi serie es MPOS-41003-1234.", "key": "uno"}
    answer = client.post("/forum/new/", given, follow=True)
    again = client.post("/forum/new/", given, follow=True)
    assert Topic.objects.count() == 1 and answer.redirect_chain == again.redirect_chain
    page = answer.content.decode()
    assert "MPOS-41003" not in page and "MPOS-41003" not in Post.objects.get().body
    assert "hidden" in page or "Ocultamos" in page


def test_a_wrong_form_keeps_what_was_written(theme, asker, client_for):
    """FOR-1"""
    answer = client_for(asker).post("/forum/new/", {"kind": "reply", "sort": "question", "theme": theme.pk, "title": "Corto", "body": "Todo lo que escribí"})
    assert answer.status_code == 422 and "Todo lo que escribí" in answer.content.decode() and not Topic.objects.exists()


def test_replying_solving_thanking_reporting_by_the_page(ask, say, answerer, asker, client_for):
    """FOR-1, FOR-2"""
    topic = ask()
    helper, owner = client_for(answerer), client_for(asker)
    assert helper.post(f"/forum/topics/{topic.pk}/reply/", {"body": "Revise el cable.", "key": "k"}, follow=True).status_code == 200
    post = Post.objects.get(topic=topic, author_id=answerer.user_id)
    assert owner.post(f"/forum/posts/{post.pk}/thank/").status_code == 302
    assert owner.post(f"/forum/posts/{post.pk}/solve/", {"seen": "0"}).status_code == 302
    topic.refresh_from_db()
    post.refresh_from_db()
    assert topic.solution_id == post.pk and post.thanks_count == 1
    assert owner.post(f"/forum/posts/{post.pk}/flag/", {"reason": "spam"}).status_code == 302 and post.reviews.count() == 1
    assert helper.get(f"/forum/posts/{post.pk}/edit/").status_code == 200
    assert helper.post(f"/forum/posts/{post.pk}/edit/", {"body": "Revise el cable y el puerto.", "seen": "0"}).status_code == 302
    assert "Revise el cable." in helper.get(f"/forum/posts/{post.pk}/versions/").content.decode()
    assert owner.get(f"/forum/posts/{post.pk}/versions/").status_code == 404
    assert owner.get(f"/forum/posts/{post.pk}/edit/").status_code == 404
    door = f'href="/forum/posts/{post.pk}/edit/"'
    assert door in helper.get(f"/forum/topics/{topic.pk}/").content.decode()
    Post.objects.filter(pk=post.pk).update(at=post.at - timedelta(days=400))
    assert door not in helper.get(f"/forum/topics/{topic.pk}/").content.decode() and helper.get(f"/forum/posts/{post.pk}/edit/").status_code == 404


def test_a_page_offers_what_is_allowed_and_decides_nothing_itself(ask, say, answerer, asker, client_for, monkeypatch):
    """FOR-1, SEC-10: to change a post, and to read what it said before."""
    topic = ask()
    mine = say(topic, "Revise el cable.", by=answerer)
    Post.objects.filter(pk=mine.pk).update(edited_at=mine.at, edit_count=1)
    asked = []

    def only_mine(actor, post, **_named):
        asked.append((actor.user_id, post.id))
        return post.id == mine.pk

    for question in ("may_edit", "may_read_versions"):
        monkeypatch.setattr(f"amparo.forum.access.{question}", only_mine)
    for actor in (asker, answerer):
        page = client_for(actor).get(f"/forum/topics/{topic.pk}/").content.decode()
        assert page.count("/edit/") == 1 and f'href="/forum/posts/{mine.pk}/edit/"' in page and f'href="/forum/posts/{mine.pk}/versions/"' in page
    assert {who for who, _post in asked} == {asker.user_id, answerer.user_id}


def test_reading_position_and_watching(ask, say, answerer, asker, client_for):
    """FOR-1: what is new is marked; looking changes nothing by itself."""
    topic = ask()
    client = client_for(asker)
    client.get(f"/forum/topics/{topic.pk}/")
    first = Post.objects.get(topic=topic)
    assert client.post(f"/forum/topics/{topic.pk}/read/", {"post": first.pk}).status_code == 204
    say(topic, "Revise el cable.", by=answerer)
    assert "is-new" in client.get("/forum/").content.decode()
    assert client.post("/forum/watch/", {"kind": "topic", "target": topic.pk, "level": "muted", "next": "/forum/me/"}).url == "/forum/me/"
    assert topic.title in client.get("/forum/me/").content.decode()


def test_suggestions_are_of_people_who_are_seen(ask, asker, answerer, client_for):
    """SEC-29: who never wrote, and visitors, learn nothing."""
    ask()
    assert client_for(answerer).get("/forum/people/?q=pau").json() == {"people": [{"alias": "Paula", "is_staff": False}]}
    assert client_for(asker).get("/forum/people/?q=raul").json() == {"people": []}
    assert client_for(VISITOR).get("/forum/people/?q=pau").status_code == 404


def test_leaving_by_the_link_of_a_letter(ask, asker, client_for):
    """FOR-1, RFC 8058: looking changes nothing, one post without a session does it, a made-up word is nothing."""
    from amparo.forum.models import Watch

    topic, client = ask(), client_for(VISITOR)
    path = queries.leave_path(asker.user_id, topic.subject)
    assert client.get(path).status_code == 200 and not Watch.objects.exists()
    client.handler.enforce_csrf_checks = True
    assert client.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Watch.objects.get(user_id=asker.user_id).level == "muted"
    assert client.post("/forum/leave/hecho-a-mano/").status_code == 404


def test_the_feed_of_a_theme_is_atom(ask, client_for, theme):
    """FOR-1, SEC-29"""
    topic = ask()
    answer = client_for(VISITOR).get(f"/forum/themes/{theme.pk}/feed/")
    assert answer["Content-Type"].startswith("application/atom+xml") and topic.title in answer.content.decode()
    commands.put_theme(theme, {"audience": "registered"}, actor=_system(), at=topic.created_at)
    assert client_for(VISITOR).get(f"/forum/themes/{theme.pk}/feed/").status_code == 404


def _system():
    from amparo.kernel.actor import SYSTEM

    return SYSTEM


@pytest.mark.parametrize("view", ["owed", "reviews", "judged", "log"])
def test_the_board_of_staff(ask, say, answerer, moderator, client_for, view):
    """FOR-1, TIM-10"""
    topic = ask()
    post = say(topic, "Compre barato.", by=answerer)
    review = commands.flag(post, "spam", actor=moderator, at=topic.created_at)
    client = client_for(moderator)
    if view in ("judged", "log"):
        assert client.post(f"/desk/forum/reviews/{review.pk}/claim/").status_code == 302
        assert client.post(f"/desk/forum/reviews/{review.pk}/decide/", {"decision": "hide", "reason": ""}).status_code == 422
        assert client.post(f"/desk/forum/reviews/{review.pk}/decide/", {"decision": "hide", "reason": "Es publicidad."}).status_code == 302
    page = client.get(f"/desk/forum/?view={view}")
    assert (page.status_code == 200 and topic.title in page.content.decode()) or view == "owed"
    assert client_for(answerer).get("/desk/forum/").status_code == 404


def test_moderating_by_the_page(ask, say, answerer, moderator, other_theme, client_for, facts):
    """FOR-1: each act with its reason, each undone."""
    topic, other = ask(), ask("Otra pregunta distinta")
    post = say(topic, "A mí me falla el lector.", by=answerer)
    client = client_for(moderator)
    base = f"/desk/forum/topics/{topic.pk}/"
    assert client.get(base).status_code == 200
    assert client.post(f"{base}close/", {"reason": ""}).status_code == 422
    for verb, given in (
        ("pin", {}), ("close", {"reason": "Repetida."}), ("reopen", {}), ("move", {"theme": other_theme.pk}),
        ("split", {"posts": [post.pk], "title": "Me falla el lector", "kind": "question"}), ("merge", {"into": other.pk}),
    ):  # fmt: skip
        assert client.post(f"{base}{verb}/", given).status_code == 302, verb
    topic.refresh_from_db()
    assert topic.merged_into_id == other.pk
    assert client_for(VISITOR).get(f"/forum/topics/{topic.pk}/").url == f"/forum/topics/{other.pk}/"
    act = topic.acts.order_by("-pk")[0]
    assert client.post(f"/desk/forum/acts/{act.pk}/undo/").status_code == 302
    topic.refresh_from_db()
    assert topic.visibility == "shown" and Post.objects.filter(topic=topic).count() == 1
    assert client.get(f"/desk/forum/posts/{post.pk}/hide/").status_code == 200


def test_themes_by_the_page(theme, moderator, client_for):
    """FOR-1"""
    client = client_for(moderator)
    assert client.get("/desk/forum/themes/").status_code == 200 and client.get("/desk/forum/themes/new/").status_code == 200
    given = {"name": "Facturación", "audience": "registered", "position": 3, "is_open": "on"}
    assert client.post("/desk/forum/themes/new/", given).status_code == 302
    assert client.get(f"/desk/forum/themes/{theme.pk}/").status_code == 200
    assert "Facturación" not in client_for(VISITOR).get("/forum/").content.decode()


def test_only_who_may_open_tickets_for_others_is_led_to_a_private_one(client_for, ask, moderator, operator):
    """ACC-9, TKT-1: a moderator is not offered what would refuse him."""
    topic = ask()
    way = f"/desk/tickets/from-topic/{topic.pk}/"
    assert way in client_for(operator).get(f"/forum/topics/{topic.pk}/").content.decode()
    assert way not in client_for(moderator).get(f"/forum/topics/{topic.pk}/").content.decode()
