"""The pages of tickets, for both sides."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises
from amparo.files.models import StoredFile
from amparo.kernel import clock
from amparo.people.models import Contact
from amparo.threads import commands as threads
from amparo.threads.models import Draft, Entry
from amparo.tickets import commands
from amparo.tickets.models import Ticket

from .conftest import give_licence

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: LATER)


def page(client, url, **extra):
    answer = client.get(url, **extra)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def about(licence):
    return f"{licence.product_id}:{licence.pk}"


def test_a_customer_opens_a_ticket(client_for, contact, licence):
    """TKT-1, TKT-3: told the maximum time before it is sent."""
    client = client_for(contact)
    form = page(client, "/tickets/new/?title=No+imprime")
    assert "48 horas hábiles" in form and 'value="No imprime"' in form
    posted = {"about": about(licence), "title": "No imprime", "body": "Desde **hoy**", "key": "k1"}
    first, again = client.post("/tickets/new/", posted), client.post("/tickets/new/", posted)
    ticket = Ticket.objects.get()
    assert first.url == again.url == f"/tickets/{ticket.pk}/"
    shown = page(client, first.url)
    assert "<strong>hoy</strong>" in shown and ticket.shown_number in shown and "Le responderemos" in shown


def test_a_covered_customer_is_told_of_the_faster_way(client_for, contact, licence, contract):
    """TKT-3"""
    assert "un caso de soporte es la vía más rápida" in page(client_for(contact), "/tickets/new/")


def test_an_old_version_gets_the_explanation_instead_of_the_form(client_for, contact, customer, product, contract):
    """TKT-4, ACC-9"""
    give_licence(customer, product, "9.2")
    shown = page(client_for(contact), "/tickets/new/")
    assert "data-composer" not in shown and "9.2" in shown and "10.1" in shown and "No puede abrir" in shown


def test_who_has_no_licence_gets_the_way_to_one(client_for, contact):
    """TKT-4, ACC-9"""
    shown = page(client_for(contact), "/tickets/new/")
    assert "data-composer" not in shown and "Todavía no puede abrir un ticket" in shown


def test_what_is_missing_stands_beside_its_field_and_nothing_typed_is_lost(client_for, contact, licence):
    answer = client_for(contact).post("/tickets/new/", {"about": about(licence), "title": "", "body": "Texto largo mío"})
    shown = answer.content.decode()
    assert answer.status_code == 422 and "Diga en pocas palabras" in shown and "Texto largo mío" in shown
    answer = client_for(contact).post("/tickets/new/", {"about": about(licence), "title": "Título mío", "body": " "})
    shown = answer.content.decode()
    assert answer.status_code == 422 and "Título mío" in shown and "Escriba algo" in shown
    assert not Ticket.objects.exists()


def test_another_customer_s_licence_in_the_form(client_for, contact, other_customer, product, licence):
    """SEC-8"""
    theirs = give_licence(other_customer, product, serial="CAJA-7K2M-9XQ4-0002")
    answer = client_for(contact).post("/tickets/new/", {"about": about(theirs), "title": "x", "body": "y"})
    assert answer.status_code == 422 and not Ticket.objects.exists()


def test_the_conversation_from_both_sides(client_for, contact, engineer, ticket):
    """TKT-1, TKT-2"""
    ours, theirs = client_for(engineer), client_for(contact)
    answer = ours.post(f"/desk/tickets/{ticket.pk}/write/", {"kind": "reply", "body": "¿Qué **versión**?", "seen": "1", "key": "a"})
    assert answer.url == f"/desk/tickets/{ticket.pk}/#e2"
    shown = page(theirs, f"/tickets/{ticket.pk}/")
    assert "<strong>versión</strong>" in shown and "Esperamos su respuesta" in shown
    assert theirs.post(f"/tickets/{ticket.pk}/write/", {"body": "La 10.1", "key": "b"}).url.endswith("#e3")
    assert theirs.post(f"/tickets/{ticket.pk}/close/", {"seen_state": "open"}).status_code == 302
    assert Ticket.objects.get().state == "closed"
    assert "Cerrado" in page(theirs, f"/tickets/{ticket.pk}/")
    assert theirs.post(f"/tickets/{ticket.pk}/reopen/").status_code == 302
    assert Ticket.objects.get().state == "open"


def test_notes_never_leave(client_for, contact, member, engineer, ticket):
    """SEC-10: no customer outlet tells that there is a note."""
    ours = client_for(engineer)
    before = page(client_for(contact), f"/tickets/{ticket.pk}/")
    answer = ours.post(f"/desk/tickets/{ticket.pk}/write/", {"kind": "note", "body": "canarioXK9 interno", "key": "a"})
    assert answer.url.endswith("#e2")
    assert "canarioXK9" in page(ours, f"/desk/tickets/{ticket.pk}/") and "canarioXK9" in page(ours, "/desk/tickets/?q=canarioXK9")
    assert ticket.thread.title not in page(client_for(contact), "/tickets/?q=canarioXK9")
    after = page(client_for(contact), f"/tickets/{ticket.pk}/")
    strip = lambda text: re.sub(r'value="[0-9a-f-]{36}"|nonce="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"', "", text)  # noqa: E731
    assert strip(before) == strip(after)
    assert "canarioXK9" not in page(client_for(member), "/tickets/")


def test_a_colleague_wrote_meanwhile(client_for, engineer, operator, ticket):
    """TKT-1: told what happened and shown the new state; the text is kept."""
    client_for(operator).post(f"/desk/tickets/{ticket.pk}/write/", {"kind": "reply", "body": "Reinicie", "seen": "1", "key": "a"})
    answer = client_for(engineer).post(
        f"/desk/tickets/{ticket.pk}/write/", {"kind": "reply", "body": "Mi texto largo", "seen": "1", "key": "b"}
    )
    shown = answer.content.decode()
    assert answer.status_code == 409 and "Mi texto largo" in shown and "Reinicie" in shown
    assert 'name="seen" value="2"' in shown and Entry.objects.count() == 2


def test_a_note_of_a_stale_page_is_taken(client_for, engineer, operator, ticket):
    client_for(operator).post(f"/desk/tickets/{ticket.pk}/write/", {"kind": "reply", "body": "Reinicie", "seen": "1", "key": "a"})
    answer = client_for(engineer).post(f"/desk/tickets/{ticket.pk}/write/", {"kind": "note", "body": "Ojo", "seen": "1", "key": "b"})
    assert answer.status_code == 302 and Entry.objects.filter(is_internal=True).count() == 1


def test_files_and_drafts_on_the_page(client_for, contact, ticket):
    """TKT-1: what was written and attached waits on the server."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = client_for(contact)
    key = re.search(r'data-draft-key="([0-9a-f]+)"', page(client, f"/tickets/{ticket.pk}/"))[1]
    told = client.post("/files/upload/", {"file": SimpleUploadedFile("a.txt", b"hola"), "draft_key": key}).json()
    for body in ("", "A medias"):  # a file alone waits too
        assert client.post(f"/threads/draft/ticket:{ticket.pk}/", {"body": body, "kind": "reply", "files": told["id"]}).status_code == 204
        shown = page(client, f"/tickets/{ticket.pk}/")
        assert body in shown and told["id"] in shown
    client.post(f"/tickets/{ticket.pk}/write/", {"body": "A medias y más", "files": [told["id"]], "draft_key": key, "key": "k"})
    shown = page(client, f"/tickets/{ticket.pk}/")
    assert not Draft.objects.exists() and StoredFile.objects.get().subject == ticket.subject
    assert told["url"] in shown and client.get(told["url"]).status_code == 200


def test_a_draft_is_one_person_s_own(client_for, contact, member, other_contact, ticket, engineer):
    """SEC-7, SEC-27"""
    client_for(contact).post(f"/threads/draft/ticket:{ticket.pk}/", {"body": "secreto mío"})
    assert "secreto mío" not in page(client_for(member), f"/tickets/{ticket.pk}/")
    assert "secreto mío" not in page(client_for(engineer), f"/desk/tickets/{ticket.pk}/")
    assert client_for(other_contact).post(f"/threads/draft/ticket:{ticket.pk}/", {"body": "x"}).status_code == 404
    for place in ("ticket:999999", "quote:1", "ticket:1x", "ticket:-1"):
        assert client_for(contact).post(f"/threads/draft/{place}/", {"body": "x"}).status_code == 404
    assert Client().post(f"/threads/draft/ticket:{ticket.pk}/", {"body": "x"}).status_code == 302
    assert Draft.objects.count() == 1


def test_the_operator_opens_for_a_caller(client_for, operator, own_only, customer, licence, contact, sales):
    """TKT-1, TEL-2"""
    client = client_for(operator)
    assert "Abarrotes Lupita" in page(client, f"/desk/tickets/new/?customer={customer.pk}")
    his = Contact.objects.get(user_id=own_only.user_id)
    posted = {"about": about(licence), "title": "Llama", "body": "No imprime", "contact": str(his.pk), "key": "k"}
    answer = client.post(f"/desk/tickets/new/?customer={customer.pk}", posted)
    ticket = Ticket.objects.get()
    assert answer.url == f"/desk/tickets/{ticket.pk}/"
    assert client_for(own_only).get(f"/tickets/{ticket.pk}/").status_code == 200
    nameless = client.post(f"/desk/tickets/new/?customer={customer.pk}", posted | {"contact": "0", "key": "k2"})
    assert nameless.status_code == 422 and Ticket.objects.count() == 1
    assert client_for(sales).get("/desk/tickets/new/").status_code == 403


def test_closing_on_the_desk_with_a_last_word(client_for, engineer, ticket):
    """TKT-2, TIM-9"""
    client = client_for(engineer)
    client.post(f"/desk/tickets/{ticket.pk}/close/", {"body": "Quedó.", "seen_state": "open", "key": "k"})
    assert Ticket.objects.get().state == "closed" and open_promises(ticket.subject) == []
    assert Entry.objects.latest("seq").body == "Quedó."
    stale = client.post(f"/desk/tickets/{ticket.pk}/close/", {"seen_state": "open"})
    assert stale.status_code == 409


def test_marking_a_defect(client_for, engineer, operator, sales, contact, contract, ticket):
    """TKT-5, TIM-5: from the page, with the message that reported it; the customer sees by when it is corrected."""
    commands.write(ticket, "Ahora sale en ceros", actor=contact, at=NOON + timedelta(minutes=30))
    client = client_for(engineer)
    assert "Ahora sale en ceros" in page(client, f"/desk/tickets/{ticket.pk}/defect/")
    answer = client.post(f"/desk/tickets/{ticket.pk}/defect/", {"title": "Sale en ceros", "reported": "2"})
    assert answer.status_code == 302
    report = Ticket.objects.get().defect_report
    assert report.reported_at == NOON + timedelta(minutes=30)
    assert "Sale en ceros" in page(client, "/desk/defects/") and report.defect.shown_number in page(client, f"/desk/tickets/{ticket.pk}/")
    shown = page(client_for(contact), f"/tickets/{ticket.pk}/")
    assert "Se corrige a más tardar" in shown and report.defect.shown_number in shown
    assert client.get(f"/desk/tickets/{ticket.pk}/defect/").status_code == 409
    assert client_for(sales).get(f"/desk/tickets/{ticket.pk}/defect/").status_code in (403, 409)
    empty = client.post(f"/desk/defects/{report.defect_id}/reject/", {"r-reason": ""})
    assert empty.status_code == 422
    done = client.post(f"/desk/defects/{report.defect_id}/correct/", {"c-answer": "Está en la 10.2"})
    assert done.status_code == 302 and "Está en la 10.2" in page(client_for(contact), f"/tickets/{ticket.pk}/")
    assert client_for(operator).post(f"/desk/defects/{report.defect_id}/correct/", {"c-answer": "x"}).status_code == 403
    assert page(client, f"/desk/defects/{report.defect_id}/")


def test_the_customer_beside_the_ticket(client_for, engineer, contact, customer, contract, licence, ticket):
    """TEL-1"""
    shown = page(client_for(engineer), f"/desk/tickets/who/{customer.pk}/?thread={ticket.thread_id}&by={contact.user_id}")
    for words in ("Abarrotes Lupita", customer.nic_shown, "Plus", "Caja", "10.1", "Lupita Romero"):
        assert words in shown
    assert client_for(contact).get(f"/desk/tickets/who/{customer.pk}/").status_code == 404


def test_assigning_and_tagging(client_for, engineer, operator, contact, ticket, sales):
    """TKT-1"""
    client, thread = client_for(engineer), ticket.thread
    assert "Oscar Operador" in page(client, f"/desk/threads/{thread.pk}/assign/")
    client.post(f"/desk/threads/{thread.pk}/assign/", {"assignee": "me", "seen": ""})
    thread.refresh_from_db()
    assert thread.assignee_id == engineer.user_id and open_promises(ticket.subject)[0].holder_id == engineer.user_id
    late = client_for(operator).post(f"/desk/threads/{thread.pk}/assign/", {"assignee": "me", "seen": ""})
    assert late.status_code == 409
    wrong = client.post(f"/desk/threads/{thread.pk}/assign/", {"assignee": str(contact.user_id), "seen": str(engineer.user_id)})
    assert wrong.status_code == 422
    assert client.post(f"/desk/threads/{thread.pk}/assign/", {"assignee": "a b"}).status_code == 422
    client.post(f"/desk/threads/{thread.pk}/tags/", {"tags": "Impresora, #cierre de MES,impresora"})
    thread.refresh_from_db()
    assert thread.tags == ["impresora", "cierre de mes"]
    assert "cierre de mes" in page(client, f"/desk/tickets/{ticket.pk}/")
    assert "cierre de mes" not in page(client_for(contact), f"/tickets/{ticket.pk}/")
    assert client_for(sales).post(f"/desk/threads/{thread.pk}/assign/", {"assignee": "me", "seen": ""}).status_code == 403


def test_who_else_is_here(client_for, engineer, operator, contact, ticket):
    """TKT-1"""
    url = f"/desk/threads/{ticket.thread_id}/presence/"
    client_for(engineer).post(url, {"typing": "1"})
    seen = client_for(operator).post(url, {"typing": ""}).content.decode()
    assert "Elena Ingeniera" in seen and "escribiendo" in seen and "Oscar" not in seen
    assert client_for(contact).post(url).status_code == 404


def test_templates_are_filled_with_names_never_run(client_for, engineer, sales, contact, ticket):
    """TKT-1, SEC-19: a customer's name that looks like code stays text."""
    client = client_for(engineer)
    body = "Hola {persona}, sobre {numero} de {cliente}."
    assert client.post("/desk/threads/templates/new/", {"title": "Saludo", "language": "es-mx", "body": body}).status_code == 302
    ticket.customer.name = "{{ config }} {numero} <b>x</b>"
    ticket.customer.save()
    shown = page(client, f"/desk/tickets/{ticket.pk}/")
    assert f"Hola Lupita Romero, sobre {ticket.shown_number} de {{{{ config }}}} {{numero}} &lt;b&gt;x" in shown
    for code in ("{{ 7*7 }}", "{% if 1 %}", "{persona.email}", "{0}"):
        refused = client.post("/desk/threads/templates/new/", {"title": "Mala", "language": "es-mx", "body": code})
        assert refused.status_code == 422
    assert client.post("/desk/threads/templates/new/", {"title": "Mala", "language": "es-mx", "body": "{clave}"}).status_code == 422
    assert client.post("/desk/threads/templates/new/", {"title": "Saludo", "language": "es-mx", "body": "x"}).status_code == 422
    assert "Saludo" in page(client, "/desk/threads/templates/")
    assert client_for(sales).post("/desk/threads/templates/new/", {"title": "x", "language": "en", "body": "x"}).status_code == 403


def test_what_is_asked_for_in_pieces(client_for, engineer, contact, ticket):
    """The regions that follow the stream."""
    client = client_for(engineer)
    head = page(client, f"/desk/tickets/{ticket.pk}/", headers={"HX-Request": "true", "HX-Target": "thread-head"})
    record = page(client, f"/desk/tickets/{ticket.pk}/", headers={"HX-Request": "true", "HX-Target": "record"})
    assert "<html" not in head + record and "thread-number" in head and 'id="e1"' in record
    assert "<html" not in page(client_for(contact), f"/tickets/{ticket.pk}/", headers={"HX-Request": "true"})


HOT = {"desk": "/desk/tickets/{pk}/", "portal": "/tickets/{pk}/", "desk list": "/desk/tickets/", "portal list": "/tickets/"}


@pytest.mark.parametrize("which", HOT)
def test_hot_pages_take_at_most_six_statements(client_for, contact, engineer, operator, ticket, contract, which):
    """The figure for pages: a ticket of 20 messages with its files, draft, templates and counts."""
    for n in range(10):
        commands.write(ticket, f"pregunta {n}", actor=contact, at=NOON + timedelta(minutes=2 * n))
        commands.write(ticket, f"respuesta {n}", actor=engineer, at=NOON + timedelta(minutes=2 * n + 1))
    threads.note(ticket.thread, "nota", actor=engineer, at=NOON)
    commands.mark_defect(ticket, actor=engineer, at=LATER)
    actor = engineer if "desk" in which else contact
    client = client_for(actor)
    url = HOT[which].format(pk=ticket.pk)
    client.get(url)
    with CaptureQueriesContext(connection) as seen:
        page(client, url)
    assert len(seen) <= 6, "\n".join(q["sql"][:160] for q in seen.captured_queries)


ROUTES = (
    ("GET", "/tickets/"), ("GET", "/tickets/new/"), ("GET", "/tickets/{pk}/"), ("POST", "/tickets/{pk}/write/"),
    ("POST", "/tickets/{pk}/close/"), ("POST", "/tickets/{pk}/reopen/"), ("GET", "/desk/tickets/"),
    ("GET", "/desk/tickets/{pk}/"), ("POST", "/desk/tickets/{pk}/write/"), ("POST", "/desk/tickets/{pk}/close/"),
    ("POST", "/desk/tickets/{pk}/reopen/"), ("GET", "/desk/tickets/{pk}/defect/"), ("GET", "/desk/tickets/who/{customer}/"),
    ("GET", "/desk/threads/{thread}/assign/"), ("POST", "/desk/threads/{thread}/assign/"),
    ("GET", "/desk/threads/{thread}/tags/"), ("POST", "/desk/threads/{thread}/presence/"),
    ("GET", "/desk/threads/templates/"), ("GET", "/desk/defects/"),
)  # fmt: skip
# Whether the door opens at all (2xx, a redirect into the thing, or a refusal of the act itself: 409, 422).
OPENS = {
    "own_only": {"/tickets/", "/tickets/new/"},
    "other_contact": {"/tickets/", "/tickets/new/"},
    "registered": set(),
    "visitor": set(),
}


@pytest.mark.parametrize("who", OPENS)
@pytest.mark.parametrize(("method", "url"), ROUTES)
def test_strangers_at_every_door(client_for, request, ticket, customer, who, method, url):
    """SEC-7, ACC-11: the same answer as for what does not exist, and nothing changes."""
    client = Client() if who == "visitor" else client_for(request.getfixturevalue(who))
    before = (Entry.objects.count(), Ticket.objects.get().state)
    address = url.format(pk=ticket.pk, thread=ticket.thread_id, customer=customer.pk)
    answer = client.generic(method, address, "body=hola", content_type="application/x-www-form-urlencoded")
    if url in OPENS[who]:
        assert answer.status_code == 200 and ticket.thread.title not in answer.content.decode()
    elif who == "visitor":
        assert answer.status_code == 302 and "login" in answer.url
    else:
        assert answer.status_code in (403, 404)
        if "{pk}" in url and who != "registered":
            missing = client.generic(method, url.format(pk=987654, thread=987654, customer=987654))
            assert answer.status_code == missing.status_code == 404
    assert (Entry.objects.count(), Ticket.objects.get().state) == before


@pytest.mark.parametrize("url", [url for method, url in ROUTES if method == "POST"])
def test_reading_changes_nothing(client_for, engineer, contact, ticket, url):
    """SEC-54: what changes something is a post."""
    client = client_for(engineer if "desk" in url else contact)
    if "assign" in url:
        return
    assert client.get(url.format(pk=ticket.pk, thread=ticket.thread_id)).status_code == 405


CORPUS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))",
    "![x](https://evil.example/p.png)", "![x](data:image/svg+xml;base64,AAAA)", "<svg onload=alert(1)>",
    "[x](data:text/html,<script>)", "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "{{ 7*7 }}",
    "\"><script>alert(1)</script>", "</textarea><script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("text", CORPUS)
def test_what_attackers_write_is_text(client_for, contact, engineer, licence, text):
    """SEC-21, SEC-22, SEC-30: in title, message, tag, draft and preview, on both sides."""
    client, ours = client_for(contact), client_for(engineer)
    client.post("/tickets/new/", {"about": about(licence), "title": text, "body": text, "key": "k"})
    ticket = Ticket.objects.get()
    ours.post(f"/desk/threads/{ticket.thread_id}/tags/", {"tags": text})
    ours.post(f"/threads/draft/ticket:{ticket.pk}/", {"body": text})
    everywhere = [
        page(client, f"/tickets/{ticket.pk}/"), page(ours, f"/desk/tickets/{ticket.pk}/"), page(client, "/tickets/"),
        page(ours, "/desk/tickets/"), page(client, "/tickets/", ), client.post("/threads/preview/", {"body": text}).content.decode(),
        page(ours, "/desk/tickets/?q=alert"),
    ]  # fmt: skip
    for shown in everywhere:
        body = shown.partition("<main")[2] or shown
        assert "<script>alert" not in body and "onerror=alert(1)>" not in body.replace("&lt;img src=x onerror=alert(1)&gt;", "")
        assert not re.search(r'(href|src)="(javascript|data:text|https://evil|data:image/svg)', body, re.IGNORECASE)
        assert "<svg onload" not in body and "<math>" not in body


@pytest.mark.parametrize("url", ["/tickets/", "/tickets/{pk}/", "/desk/tickets/{pk}/", "/threads/preview/", "/files/upload/"])
def test_nobody_on_the_way_keeps_a_page(client_for, contact, engineer, ticket, url):
    """SEC-12: also errors."""
    client = client_for(engineer if "desk" in url else contact)
    answer = client.get(url.format(pk=ticket.pk))
    assert answer["Cache-Control"] == "private, no-store" or answer.status_code == 405


@pytest.mark.parametrize(
    "url",
    ["/tickets/?after=xx", "/tickets/?after=WzFd", "/desk/tickets/?after=eyJhIjoxfQ", "/desk/tickets/?after=WyIxIiwiMiIsIjMiXQ",
     "/desk/defects/?state=__class__", "/desk/tickets/?customer=1%20OR%201=1&view=nope"],
)  # fmt: skip
def test_parameters_are_read_by_an_allow_list(client_for, contact, engineer, ticket, url):
    """SEC-30: a refusal, never a fault, and never somebody else's rows."""
    answer = client_for(engineer if "desk" in url else contact).get(url)
    assert answer.status_code in (200, 400, 422)
