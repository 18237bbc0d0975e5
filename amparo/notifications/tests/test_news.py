"""News of one's products: nobody is told who did not choose it, nobody of what is not for him."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.blog import commands as blog
from amparo.conftest import NOON, make_staff
from amparo.notifications.commands import choose, send_due
from amparo.notifications.models import Letter, Notice
from amparo.products.commands import add_product, add_release, confirm_version, make_current, register_licence


@pytest.fixture
def editor(db):
    return make_staff("Mónica", "editor")


@pytest.fixture
def product(db, administrator):
    return add_product("POS", "Mostrador POS", "", actor=administrator, at=NOON - timedelta(days=9))


@pytest.fixture
def owner(customer, contact, product, administrator, operator):
    """A contact whose company has a current licence."""
    release = add_release(product, "10.1", (NOON - timedelta(days=5)).date(), "", actor=administrator, at=NOON - timedelta(days=5))
    make_current(release, actor=administrator, at=NOON - timedelta(days=5))
    licence = register_licence("MPOS-10001-2233", product, customer, terminals=1, installed=release, actor=operator, at=NOON - timedelta(days=4))
    confirm_version(licence, release, actor=operator, at=NOON - timedelta(days=4))
    return contact


def out(editor, title="Versión 10.1", **given):
    made = blog.draft_post(title, summary="Más rápida.", body="Texto.", **given, actor=editor, at=NOON)
    return blog.publish(made, actor=editor, at=NOON)


def test_nobody_is_told_who_did_not_choose_it(editor, owner, product, deliver):
    """SRC-3"""
    out(editor, product_id=product.pk)
    deliver()
    assert not Notice.objects.filter(kind="news").exists() and not Letter.objects.filter(kind="news").exists()


def test_who_chose_it_is_told_of_his_products_once(editor, owner, other_contact, product, deliver):
    """SRC-3"""
    for actor in (owner, other_contact):
        choose({"news": (True, True)}, actor=actor, at=NOON)
    post = out(editor, product_id=product.pk)
    deliver()
    assert list(Letter.objects.filter(kind="news").values_list("user_id", flat=True)) == [owner.user_id]
    assert Notice.objects.get(kind="news").url == f"/blog/{post.pk}/version-101/"
    blog.publish(post, actor=editor, at=NOON + timedelta(hours=1))  # a correction
    deliver(NOON + timedelta(hours=1))
    assert Letter.objects.filter(kind="news").count() == 1
    out(editor, "De todos los productos")
    deliver()
    assert Letter.objects.filter(kind="news", user_id=other_contact.user_id).count() == 1


def test_nobody_is_told_of_what_is_not_for_him(editor, owner, registered, product, deliver):
    """ACC-11, SEC-20"""
    for actor in (owner, registered):
        choose({"news": (True, True)}, actor=actor, at=NOON)
    out(editor, "Solo con póliza", audience="covered")
    out(editor, "Solo personal", audience="staff")
    deliver()
    assert not Letter.objects.filter(kind="news").exists()
    out(editor, "Con licencia", audience="licensed", product_id=product.pk)
    deliver()
    assert list(Letter.objects.filter(kind="news").values_list("user_id", flat=True)) == [owner.user_id]


def test_the_letter_of_a_post_that_was_taken_back_does_not_go_out(editor, owner, deliver, mailoutbox, monkeypatch):
    """SEC-11, SEC-20"""
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)
    choose({"news": (False, True)}, actor=owner, at=NOON)
    post = out(editor)
    deliver()
    blog.take_back(post, actor=editor, at=NOON)
    send_due(at=NOON + timedelta(days=1))
    assert not mailoutbox and Letter.objects.get(kind="news").state == "dropped"


def test_each_gets_the_post_in_his_language_where_there_is_one(editor, owner, deliver):
    """SRC-3"""
    from amparo.editor import commands as editing

    choose({"news": (True, True)}, actor=owner, at=NOON)
    post = out(editor)
    made = blog.translate(post, actor=editor, at=NOON)
    made.title = "In English"
    editing.save_draft(made, actor=editor, at=NOON)
    blog.publish(made, actor=editor, at=NOON)
    deliver()
    assert [one.words["title"].endswith("Versión 10.1") for one in Letter.objects.filter(kind="news")] == [True]


def test_who_may_not_read_his_language_gets_the_version_that_he_may(editor, owner, registered, deliver):
    """SRC-3, SEC-11: a restricted version in one's own language keeps nobody from the one that is open to him."""
    from amparo.editor import commands as editing

    for actor in (owner, registered):
        choose({"news": (True, True)}, actor=actor, at=NOON)
    spanish = blog.draft_post("Solo para clientes", summary="x", body="Texto.", audience="customer", actor=editor, at=NOON)
    made = blog.translate(spanish, actor=editor, at=NOON)
    blog.publish(spanish, actor=editor, at=NOON)
    made.title, made.audience = "For everybody", "visitor"
    editing.save_draft(made, actor=editor, at=NOON)
    blog.publish(made, actor=editor, at=NOON)
    deliver()
    told = {(one.user_id, one.words["title"].rpartition(": ")[2]) for one in Letter.objects.filter(kind="news")}
    assert told == {(owner.user_id, "Solo para clientes"), (registered.user_id, "For everybody")}


def test_telling_many_asks_as_many_statements_as_telling_one(editor, owner, customer, product, deliver, django_assert_max_num_queries):
    """SRC-3: with 20 readers of many companies, of an audience that is judged for each."""
    from amparo.conftest import make_contact, make_customer, make_user
    from amparo.history.queries import facts
    from amparo.notifications.reactions import news
    from amparo.people.queries import actor_by_id

    people = [make_contact(make_customer(f"Tienda {n}"), f"Persona {n}") for n in range(10)] + [actor_by_id(make_user(f"Solo {n}").pk) for n in range(9)]
    for actor in (owner, *people):
        choose({"news": (False, True)}, actor=actor, at=NOON)
    post = out(editor, "Con licencia", audience="licensed", product_id=product.pk)
    fact = next(one for one in facts(post.subject) if one.name == "post.published")
    with django_assert_max_num_queries(12):
        news.published(fact)
    assert list(Letter.objects.filter(kind="news").values_list("user_id", flat=True)) == [owner.user_id]
    other = out(editor, "Para clientes", audience="customer")
    with django_assert_max_num_queries(12):
        news.published(next(one for one in facts(other.subject) if one.name == "post.published"))
    assert Letter.objects.filter(kind="news").count() == 12
