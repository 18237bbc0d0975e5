"""The screens of mail: the queue of staff, mailboxes, the whole e-mail behind an entry, the choice of a product."""

from __future__ import annotations

import pytest

from amparo.conftest import NOON, make_contact
from amparo.mailbox import commands
from amparo.mailbox.models import BouncingAddress, Mail, Mailbox
from amparo.threads.models import Entry
from amparo.tickets.models import Ticket

from .conftest import address, give_licence, written

pytestmark = pytest.mark.django_db
BASE = "/desk/mailbox/"


def test_the_queue_says_who_what_and_why(operator, client_for, come_in, box):
    come_in(written("nadie@ejemplo.org", "soporte@amparo.mx", "uno"))
    waiting = come_in(b"From: a@b.mx, c@d.mx\nSubject: <script>alert(1)</script>\n\nhola")
    client = client_for(operator)
    page = client.get(BASE).content.decode()
    assert "Nombra varios autores" in page and "<script>alert" not in page and "nadie@ejemplo.org" not in page
    assert "nadie@ejemplo.org" in client.get(BASE + "?view=answered").content.decode()
    assert "&lt;script&gt;" in client.get(f"{BASE}{waiting.pk}/").content.decode()
    for odd in ("?view=x", "?after=x", "?q=%00", "?view=waiting&after=AAAA"):
        assert client.get(BASE + odd).status_code in (200, 422, 400)


def test_the_queue_costs_few_statements(operator, client_for, come_in, django_assert_max_num_queries):
    for number in range(12):
        come_in(b"From: a@b.mx, c@d.mx\n\nhola %d" % number)
    client = client_for(operator)
    client.get(BASE)
    with django_assert_max_num_queries(9):
        assert client.get(BASE).status_code == 200


def test_customers_see_no_queue(contact, registered, sales, client_for, come_in):
    """SEC-7, ACC-11"""
    mail = come_in(b"From: a@b.mx, c@d.mx\n\nhola")
    for actor in (contact, registered, sales):
        for path in ("", f"{mail.pk}/", "bouncing/", "mailboxes/"):
            assert client_for(actor).get(BASE + path).status_code in (403, 404)
        raw = f"/files/{_raw(mail)}/message.eml"
        assert client_for(actor).get(raw).status_code == 404
        assert client_for(actor).post(f"{BASE}{mail.pk}/discard/", {"reason": "x"}).status_code in (403, 404)


def _raw(mail: Mail) -> str:
    from amparo.files.models import StoredFile

    return StoredFile.objects.get(subject=mail.subject).public_id


def test_the_message_as_it_came_is_a_download_for_staff(operator, client_for, come_in):
    """SEC-26, TKT-1"""
    octets = b"From: a@b.mx, c@d.mx\n\n<script>alert(1)</script>"
    mail = come_in(octets)
    answer = client_for(operator).get(f"/files/{_raw(mail)}/message.eml")
    assert b"".join(answer.streaming_content) == octets
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"


def test_staff_bring_open_and_discard(operator, client_for, come_in, ticket, customer, product, licence):
    client = client_for(operator)
    first, second, third = (come_in(b"From: a@b.mx, c@d.mx\n\nhola %d" % n) for n in range(3))
    for given in ({}, {"number": "T-999999"}, {"number": "hola"}):
        assert client.post(f"{BASE}{first.pk}/hand-over/", given).status_code == 422
    assert client.post(f"{BASE}{first.pk}/hand-over/", {"number": ticket.shown_number})["Location"] == f"/desk/tickets/{ticket.pk}/"
    assert client.post(f"{BASE}{first.pk}/hand-over/", {"number": ticket.shown_number}).status_code == 409
    for given in ({}, {"nic": "1", "product": product.pk}, {"nic": customer.nic}):
        assert client.post(f"{BASE}{second.pk}/make-ticket/", given).status_code == 422
    client.post(f"{BASE}{second.pk}/make-ticket/", {"nic": customer.nic_shown, "product": product.pk})
    assert Ticket.objects.count() == 2
    assert client.post(f"{BASE}{third.pk}/discard/", {"reason": ""}).status_code == 422
    client.post(f"{BASE}{third.pk}/discard/", {"reason": "publicidad"})
    assert list(Mail.objects.order_by("pk").values_list("state", flat=True)) == ["handed", "opened", "discarded"]
    for mail in (first, second, third):
        assert client.get(f"{BASE}{mail.pk}/").status_code == 200


def test_addresses_that_bounce_are_shown_and_cleared(operator, client_for, contact):
    row = BouncingAddress.objects.create(address=contact.email, user_id=contact.user_id, status="5.1.1", words="<b>no</b>", first_at=NOON, last_at=NOON)
    client = client_for(operator)
    page = client.get(BASE + "bouncing/").content.decode()
    assert contact.email in page and "<b>no</b>" not in page
    client.post(f"{BASE}bouncing/{row.pk}/clear/")
    assert contact.email not in client.get(BASE + "bouncing/").content.decode()


def test_an_administrator_sets_up_a_mailbox(administrator, operator, client_for):
    """SEC-57, SEC-32: the password is never shown again."""
    client = client_for(administrator)
    given = {"name": "Soporte", "address": "Soporte@Amparo.mx", "purpose": "support", "host": "127.0.0.1", "port": "1", "security": "none",
             "username": "s", "password": "clave-canario", "folder": "INBOX", "after": "seen", "is_active": "on"}  # fmt: skip
    for wrong in ({"address": "x"}, {"port": "0"}, {"password": ""}, {"after": "move"}, {"purpose": "x"}, {"username": ""}):
        assert client.post(BASE + "mailboxes/add/", given | wrong).status_code == 422, wrong
    assert client.post(BASE + "mailboxes/add/", given).status_code == 302
    box = Mailbox.objects.get()
    assert box.address == "soporte@amparo.mx"
    for path in ("mailboxes/", f"mailboxes/{box.pk}/"):
        assert "clave-canario" not in client.get(BASE + path).content.decode()
    assert client.post(f"{BASE}mailboxes/{box.pk}/", given | {"password": "", "name": "Otro"}).status_code == 302
    assert client.post(f"{BASE}mailboxes/{box.pk}/", given | {"password": "", "host": "imap.malo.org"}).status_code == 422
    answer = client.post(f"{BASE}mailboxes/{box.pk}/check/", follow=True)
    assert "No se pudo preguntar" in answer.content.decode()
    assert client_for(operator).get(f"{BASE}mailboxes/{box.pk}/").status_code == 403 or client_for(operator).get(f"{BASE}mailboxes/{box.pk}/").status_code == 404


def test_the_whole_e_mail_unfolds_behind_its_entry(ticket, contact, member, own_only, other_contact, engineer, client_for, come_in):
    """TKT-1, SEC-11, SEC-14, SEC-21: to whoever sees the conversation; nothing of it runs or loads."""
    made = written(contact.email, address(ticket.subject, contact.user_id), "Ya quedó.\n\nEl 10/11/2026 S <s@amparo.mx> escribió:\n> Pruebe esto")
    made.add_alternative("<p>Ya quedó.<script>alert(1)</script><img src='https://malo.mx/t.gif'></p><blockquote>Pruebe esto</blockquote>", subtype="html")
    come_in(made)
    entry = Entry.objects.get(thread=ticket.thread, via="email")
    page = client_for(contact).get(f"/tickets/{ticket.pk}/").content.decode()
    assert f"/mailbox/entry/{entry.pk}/" in page and "Pruebe esto" not in page
    for actor in (contact, member, engineer):
        for headers in ({}, {"HX-Request": "true"}):
            whole = client_for(actor).get(f"/mailbox/entry/{entry.pk}/", headers=headers).content.decode()
            assert "Pruebe esto" in whole and "alert(1)" not in whole and "malo.mx" not in whole
    for actor in (own_only, other_contact):
        assert client_for(actor).get(f"/mailbox/entry/{entry.pk}/").status_code == 404
    assert client_for(contact).get("/mailbox/entry/99999999/").status_code == 404


def test_a_strangers_note_is_no_customers_to_read(ticket, contact, operator, client_for, come_in):
    """SEC-10"""
    mail = come_in(b"From: a@b.mx, c@d.mx\n\nsecreto")
    mail = commands.hand_over(mail, ticket.shown_number, actor=operator, at=NOON)
    assert client_for(contact).get(f"/mailbox/entry/{mail.entry_id}/").status_code == 404
    assert "secreto" in client_for(operator).get(f"/mailbox/entry/{mail.entry_id}/").content.decode()


def test_pictures_inside_a_message_are_our_own_files(ticket, contact, client_for, come_in):
    """SEC-26, SEC-21"""
    from amparo.mailbox.rules.shown import shown_html

    html = '<p><img src="cid:a" onerror="x"><img src="cid:b"><img alt="c"></p>'
    assert shown_html(html, {"a": "/files/abc/x.png", "b": 'https://malo.mx/"'}) == '<p><img src="/files/abc/x.png" alt=""></p>'


def test_the_author_chooses_the_product(contact, member, customer, product, licence, client_for, come_in):
    """TKT-1"""
    from amparo.kernel.actor import SYSTEM
    from amparo.products import commands as products

    other = products.add_product("ruta", "Ruta", actor=SYSTEM, at=NOON)
    products.make_current(products.add_release(other, "10.1", NOON.date(), actor=SYSTEM, at=NOON), actor=SYSTEM, at=NOON)
    give_licence(customer, other, serial="RUTA-7K2M-9XQ4-0001")
    mail = come_in(written(contact.email, text="No abre la ruta"))
    url = f"/mailbox/choose/{mail.pk}/"
    assert client_for(member).get(url).status_code == 404 and client_for(make_contact(customer, "Ajena")).post(url, {}).status_code == 404
    client = client_for(contact)
    assert "Ruta" in client.get(url).content.decode()
    for wrong in ({}, {"way": "999999:1"}, {"way": "x"}):
        assert client.post(url, wrong).status_code == 422
    assert not Ticket.objects.exists()
    answer = client.post(url, {"way": f"{customer.pk}:{other.pk}"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.pk}/" and ticket.product_id == other.pk
    assert client.get(url)["Location"] == f"/tickets/{ticket.pk}/"
