"""Posts: drafts, publication at an hour, translations, pictures, and what attackers write into them."""

from __future__ import annotations

import doctest
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.blog import access, commands, queries, rules
from amparo.blog.errors import NotAPicture, NothingToSay
from amparo.blog.models import Post
from amparo.conftest import NOON, make_contact, make_customer
from amparo.contracts.commands import add_plan, sell_contract
from amparo.editor import commands as editor_commands
from amparo.files import commands as files
from amparo.kernel.actor import SYSTEM, VISITOR
from amparo.kernel.refusals import NotPermitted
from amparo.products.commands import add_product, add_release, confirm_version, make_current, register_licence

from .conftest import BODY, out, picture, written


@pytest.fixture
def now(monkeypatch):
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=5))


def test_the_examples_of_the_rules_hold():
    assert not doctest.testmod(rules).failed


def test_a_draft_is_read_by_nobody_and_a_published_post_by_all(client, editor, facts):
    """SRC-3"""
    draft = written(editor)
    assert client.get(reverse("blog:post_by_number", args=[draft.pk])).status_code == 404
    post = commands.publish(draft, actor=editor, at=NOON)
    assert post.published_at == NOON and post.tag_slugs == ["versiones", "corte-de-caja"] and post.author_name == "Mónica Editora"
    page = client.get(reverse("blog:post", args=[post.pk, "mostrador-pos-101"]))
    assert page.status_code == 200 and "<strong>Mostrador POS 10.1</strong>" in page.content.decode()
    assert post.title in client.get(reverse("blog:list")).content.decode() and not client.cookies
    assert facts(post) == ["post.drafted", "post.published"]


def test_an_old_address_leads_to_the_new_one(client, post, editor):
    """SRC-3"""
    answer = client.get(f"/blog/{post.pk}/nombre-viejo/")
    assert answer.status_code == 301 and answer["Location"] == reverse("blog:post", args=[post.pk, post.slug])
    assert client.get("/blog/999999/x/").status_code == 404


def test_a_post_comes_out_at_its_hour_once(editor, client, monkeypatch):
    """SRC-3: scheduling."""
    post, hour, moment = written(editor), NOON + timedelta(hours=3), [NOON]
    monkeypatch.setattr(timezone, "now", lambda: moment[0])  # the editor asks the clock itself whether an hour lies ahead
    post.go_live_at = hour
    revision = post.save_revision(clean=False)
    post.publish_at(revision, editor, NOON, skip_permission_checks=True)
    post.refresh_from_db()
    assert not post.live and client.get(reverse("blog:post_by_number", args=[post.pk])).status_code == 404
    assert editor_commands.publish_due(at=hour - timedelta(minutes=1)) == 0
    moment[0] = hour + timedelta(minutes=9)
    assert editor_commands.publish_due(at=moment[0]) == 1 and editor_commands.publish_due(at=moment[0]) == 0
    post.refresh_from_db()
    assert post.live and post.published_at == hour


def test_a_change_is_seen_once_it_is_published_and_keeps_the_date(client, post, editor):
    """SRC-3"""
    post.title = "Mostrador POS 10.1, corregido"
    editor_commands.save_draft(post, actor=editor, at=NOON + timedelta(days=1))
    stored = Post.objects.get(pk=post.pk)
    assert "corregido" not in client.get(reverse("blog:list")).content.decode()
    again = commands.publish(stored, actor=editor, at=NOON + timedelta(days=1))
    assert "corregido" in client.get(reverse("blog:list")).content.decode()
    assert again.published_at == NOON and again.changed_at == NOON + timedelta(days=1)


def test_a_post_without_text_is_not_published(editor):
    """SRC-3"""
    with pytest.raises(NothingToSay):
        commands.publish(written(editor, body="  "), actor=editor, at=NOON)


def test_what_is_taken_back_is_nowhere(client, post, editor):
    """SRC-3, SEC-11"""
    from amparo.contracts.rules.audience import ANYBODY
    from amparo.search import queries as search

    assert [hit.subject for hit in search.search(ANYBODY, "Mostrador").hits] == [post.subject]
    commands.take_back(post, actor=editor, at=NOON)
    assert not search.search(ANYBODY, "Mostrador").hits
    for address in (reverse("blog:post_by_number", args=[post.pk]), reverse("blog:tag", args=["versiones"]), reverse("blog:tag_feed", args=["versiones"])):
        assert client.get(address).status_code == 404
    assert post.title not in client.get(reverse("blog:list")).content.decode() + client.get(reverse("blog:feed")).content.decode()
    assert not list(queries.sitemap(NOON))


def test_translations_name_each_other_and_a_list_shows_each_post_once(client, post, editor):
    """SRC-3"""
    draft = commands.translate(post, actor=editor, at=NOON)
    assert draft.pk != post.pk and draft.translation_group == post.translation_group
    assert commands.translate(post, actor=editor, at=NOON).pk == draft.pk
    draft.title, draft.body = "Mostrador POS 10.1 is out", "It is faster."
    editor_commands.save_draft(draft, actor=editor, at=NOON)
    commands.publish(draft, actor=editor, at=NOON)
    alone = out(editor, "Solo en español")
    spanish, english = (client.get(reverse("blog:list"), headers={"Accept-Language": tongue}).content.decode() for tongue in ("es", "en"))
    assert "is out" not in spanish and post.title in spanish
    assert "is out" in english and f">{post.title}<" not in english and alone.title in english
    page = client.get(reverse("blog:post", args=[post.pk, post.slug])).content.decode()
    assert "Read in English" in page and f'hreflang="en" href="{"http"}' in page


def test_pages_ask_the_database_little(client, editor, post, django_assert_num_queries, monkeypatch):
    """SRC-3: two statements for a post, one for a list, however many there are."""
    monkeypatch.setattr("amparo.policies.queries.CACHE_SECONDS_MAX", 3600)  # a slow machine reads the figures again meanwhile
    for number in range(15):
        out(editor, f"Noticia {number}", at=NOON + timedelta(minutes=number))
    address = reverse("blog:post", args=[post.pk, post.slug])
    for path, most in ((address, 2), (reverse("blog:list"), 1), (reverse("blog:tag", args=["versiones"]), 1)):
        client.get(path)
        with django_assert_num_queries(most):
            client.get(path)
    first = client.get(reverse("blog:list")).content.decode()
    assert first.count('class="news-one"') == 12 and 'rel="next"' in first


@pytest.fixture
def world(db, administrator, operator):
    product = add_product("POS", "Mostrador POS", "", actor=administrator, at=NOON - timedelta(days=500))
    release = add_release(product, "10.1", (NOON - timedelta(days=90)).date(), "", actor=administrator, at=NOON - timedelta(days=90))
    make_current(release, actor=administrator, at=NOON - timedelta(days=90))
    licensed = make_customer("Con licencia")
    licence = register_licence("MPOS-10001-2233", product, licensed, terminals=1, installed=release, actor=operator, at=NOON - timedelta(days=80))
    confirm_version(licence, release, actor=operator, at=NOON - timedelta(days=80))
    covered = make_customer("Con póliza")
    plan = add_plan("Plus", events=1, incidents=1, credits=1, months=12, price="1.00", actor=SYSTEM, at=NOON - timedelta(days=50))
    sell_contract(covered, plan, (NOON - timedelta(days=40)).date(), actor=SYSTEM, at=NOON - timedelta(days=40), key="k")
    return {"product": product, "licensed": make_contact(licensed, "Lidia"), "covered": make_contact(covered, "Coral")}


AUDIENCES = {
    "visitor": {"visitor", "registered", "customer", "licensed", "covered", "staff"},
    "registered": {"registered", "customer", "licensed", "covered", "staff"},
    "customer": {"customer", "licensed", "covered", "staff"},
    "licensed": {"licensed", "staff"},
    "covered": {"covered", "staff"},
    "staff": {"staff"},
}


def test_each_outlet_shows_a_post_to_its_audience_alone(now, world, registered, contact, engineer, editor, client_for):
    """ACC-1, ACC-11, SEC-11, SEC-29: list, page, tag, product, feeds, region of the home, sitemap, search, pictures."""
    from amparo.contracts.access import reader
    from amparo.search import queries as search

    people = {"visitor": VISITOR, "registered": registered, "customer": contact, "staff": engineer} | {
        name: world[name] for name in ("licensed", "covered")
    }
    for number, (audience, allowed) in enumerate(AUDIENCES.items()):
        word = ("jacaranda", "obsidiana", "tepozteco", "quetzal", "ahuehuete", "xoloitzcuintle")[number]
        post = out(editor, f"Nueva {word}", audience=audience, product_id=world["product"].pk, tags=word, at=NOON + timedelta(seconds=number))
        stored = files.store(picture(f"{word}.png"), draft_key="k", actor=editor, at=NOON)
        commands.add_pictures(post, [stored.public_id], draft_key="k", actor=editor, at=NOON)
        for name, actor in people.items():
            browser, may = client_for(actor), name in allowed
            page = reverse("blog:post", args=[post.pk, post.slug])
            assert browser.get(page).status_code == browser.get(reverse("blog:tag", args=[word])).status_code == (200 if may else 404), (audience, name)
            assert browser.get(f"/files/{stored.public_id}/{stored.name}").status_code == (200 if may else 404), (audience, name)
            for address in (reverse("blog:list"), reverse("blog:product", args=["pos"])):
                assert (post.title in browser.get(address).content.decode()) == may, (audience, name, address)
            region = browser.get(reverse("blog:mine"), headers={"HX-Request": "true"}).content.decode()
            about_mine = not actor.is_contact or actor.customer_id == world["licensed"].customer_id
            assert (post.title in region) == (may and about_mine), (audience, name)
            for address in (reverse("blog:feed"), reverse("blog:product_feed", args=["pos"])):
                assert (post.title in browser.get(address).content.decode()) == (audience == "visitor"), (audience, name, address)
            assert browser.get(reverse("blog:tag_feed", args=[word])).status_code == (200 if audience == "visitor" else 404)
            found = [hit.subject for hit in search.search(reader(actor, at=NOON), word).hits]
            assert (post.subject in found) == may, (audience, name)
        assert any(url == reverse("blog:post", args=[post.pk, post.slug]) for url, _at in queries.sitemap(NOON)) == (audience == "visitor")


ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "<svg/onload=alert(1)>",
    "<math><mtext><style><img src onerror=alert(1)></style></mtext></math>", "![x](https://evil.example/pixel.png)", '"><script>alert(1)</script>',
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_is_written_runs_or_calls_out(client, client_for, editor, attack):
    """SEC-21: title, summary, text and tags, on every page and in every feed."""
    post = out(editor, f"T {attack}", summary=f"S {attack}", body=f"B {attack}", tags=f"g{attack}")
    staff = client_for(editor)
    feed = client.get(reverse("blog:feed")).content.decode()
    pages = [
        client.get(reverse("blog:list")), client.get(reverse("blog:post", args=[post.pk, post.slug])), staff.get(reverse("desk_blog:list")),
        staff.get(reverse("desk_blog:post", args=[post.pk])),
    ]  # fmt: skip
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200 and "<script>alert" not in text and "<svg/onload" not in text and "<img src=x" not in text and "<img src onerror" not in text
        assert 'href="javascript' not in text.lower() and 'src="https://evil' not in text and 'href="data:' not in text
    assert ("<script" not in feed and "evil.example/pixel" not in feed.replace("![x]", "")[feed.index("<entry>") :].split("</title>")[-1]) or "src=" not in feed


def test_pictures_alone_become_covers(editor, post, client, client_for):
    """SEC-26"""
    browser = client_for(editor)
    from amparo.threads.rules import draft_key

    key = draft_key(editor.user_id, f"post:{post.pk}")
    stored = files.store(picture(), draft_key=key, actor=editor, at=NOON)
    assert browser.post(reverse("desk_blog:pictures", args=[post.pk]), {"files": [stored.public_id], "draft_key": key}).status_code == 302
    post.refresh_from_db()
    assert post.cover_id == stored.pk and f'src="{stored.url}"' in client.get(reverse("blog:list")).content.decode()
    from django.core.files.uploadedfile import SimpleUploadedFile

    svg = files.store(SimpleUploadedFile("x.svg", b"<svg onload='alert(1)'/>"), draft_key=key, actor=editor, at=NOON)
    with pytest.raises(NotAPicture):
        commands.add_pictures(post, [svg.public_id], draft_key=key, actor=editor, at=NOON)
    browser.post(reverse("desk_blog:cover", args=[post.pk]), {})
    post.refresh_from_db()
    assert post.cover_id is None
    browser.post(reverse("desk_blog:cover", args=[post.pk]), {"picture": stored.public_id})
    post.refresh_from_db()
    assert post.cover_id == stored.pk
    other = out(editor, "Otra")
    with pytest.raises(NotAPicture):
        commands.set_cover(other, stored, actor=editor, at=NOON)


def test_editors_alone_write(contact, engineer, post, client_for):
    """SRC-3, ACC-11"""
    for actor in (VISITOR, contact, engineer):
        for act in (
            lambda a: commands.draft_post("x", summary="x", body="x", actor=a, at=NOON), lambda a: commands.publish(post, actor=a, at=NOON),
            lambda a: commands.take_back(post, actor=a, at=NOON), lambda a: commands.translate(post, actor=a, at=NOON),
            lambda a: commands.clear_cover(post, actor=a, at=NOON), lambda a: commands.add_pictures(post, [], draft_key="k", actor=a, at=NOON),
        ):  # fmt: skip
            with pytest.raises(NotPermitted):
                act(actor)
    for name in ("publish", "take_back", "translate", "pictures", "cover"):
        address = reverse(f"desk_blog:{name}", args=[post.pk])
        assert client_for(engineer).post(address).status_code == 403 and client_for(contact).post(address).status_code == 404
    assert not access.on_desk(contact).exists()


def test_the_editor_opens_a_post_and_previews_it_without_a_script(client_for, editor, post):
    """SRC-3, SEC-23"""
    browser = client_for(editor)
    page = browser.get(reverse("editor_post:edit", args=[post.pk]))
    assert page.status_code in (200, 302)
    listed = browser.get(reverse("desk_blog:list"))
    assert listed.status_code == 200 and reverse("editor_post:add") in listed.content.decode()


@pytest.mark.parametrize("query", ["after=xx", "after=WzEsMl0", "after=WyIyMDI2LTAxLTAxIiwgMV0", "after=%00"])
def test_odd_questions_get_an_answer(client, post, query):
    assert client.get(reverse("blog:list") + f"?{query}").status_code in (200, 422)


def test_the_blog_keeps_what_it_says_in_its_own_words(post):
    assert BODY in post.body and "<script" not in post.rendered
