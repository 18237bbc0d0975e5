"""Feeds: well-formed, complete, for anybody and from anybody's hand the same."""

from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.urls import reverse

from amparo.conftest import NOON
from amparo.products.commands import add_product

from .conftest import out

ATOM = "{http://www.w3.org/2005/Atom}"


def read(client, address):
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("application/atom+xml")
    return ElementTree.fromstring(answer.content), answer


def titles(root):
    return [entry.findtext(f"{ATOM}title") for entry in root.iter(f"{ATOM}entry")]


def test_all_of_a_product_and_of_a_tag(client, editor, administrator):
    """SRC-3: feeds per product and tag."""
    pos = add_product("POS", "Mostrador POS", "", actor=administrator, at=NOON)
    fac = add_product("FAC", "Mostrador Facturación", "", actor=administrator, at=NOON)
    out(editor, "De la caja", product_id=pos.pk, tags="caja")
    out(editor, "De facturas", product_id=fac.pk, tags="facturas", at=NOON + timedelta(hours=1))
    out(editor, "De todos", tags="caja, empresa", at=NOON + timedelta(hours=2))
    root, answer = read(client, reverse("blog:feed"))
    assert titles(root) == ["De todos", "De facturas", "De la caja"]
    assert answer["Cache-Control"] == "public, max-age=300" and not client.cookies
    assert titles(read(client, reverse("blog:product_feed", args=["pos"]))[0]) == ["De todos", "De la caja"]
    assert titles(read(client, reverse("blog:tag_feed", args=["caja"]))[0]) == ["De todos", "De la caja"]
    assert client.get(reverse("blog:product_feed", args=["nada"])).status_code == 404
    assert client.get(reverse("blog:tag_feed", args=["nada"])).status_code == 404
    for name, arguments in (("blog:list", []), ("blog:product", ["pos"]), ("blog:tag", ["caja"])):
        page = client.get(reverse(name, args=arguments)).content.decode()
        assert 'type="application/atom+xml"' in page


def test_addresses_in_a_feed_are_whole_and_never_the_askers(client, post, settings):
    """SEC-60: a host that was made up does not come back."""
    root, _answer = read(client, reverse("blog:feed"))
    links = [link.get("href") for link in root.iter(f"{ATOM}link")]
    assert links and all(link.startswith(settings.PUBLIC_URL) for link in links)
    entry = next(root.iter(f"{ATOM}entry"))
    assert f'href="{settings.PUBLIC_URL}/downloads/"' in entry.findtext(f"{ATOM}summary")
    assert entry.findtext(f"{ATOM}updated") and entry.findtext(f"{ATOM}id") == f"{settings.PUBLIC_URL}/blog/{post.pk}/"


def test_a_feed_in_the_other_language(client, editor, post):
    """SRC-3"""
    from amparo.blog import commands
    from amparo.editor import commands as editor_commands

    made = commands.translate(post, actor=editor, at=NOON)
    made.title = "In English"
    editor_commands.save_draft(made, actor=editor, at=NOON)
    commands.publish(made, actor=editor, at=NOON)
    assert titles(read(client, reverse("blog:feed"))[0]) == [post.title]
    assert titles(read(client, reverse("blog:feed") + "?language=en")[0]) == ["In English"]
    assert client.get(reverse("blog:feed") + "?language=xx").status_code == 404


@pytest.mark.parametrize("sign", ["\x0b", "\x1f", "]]>", "&amp;<b>", "\ufffe"])
def test_odd_signs_break_no_feed(client, editor, sign):
    """SEC-21"""
    out(editor, f"Título {sign} raro", summary=f"x{sign}", body=f"cuerpo {sign}")
    read(client, reverse("blog:feed"))


def test_who_is_signed_in_gets_what_everybody_gets(client, client_for, editor, post):
    """SEC-12, SEC-29"""
    out(editor, "Solo personal", audience="staff")
    assert client.get(reverse("blog:feed")).content == client_for(editor).get(reverse("blog:feed")).content
    assert client_for(editor).get(reverse("blog:feed"))["Cache-Control"].startswith("public")
