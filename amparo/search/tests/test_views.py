"""Pages of search: the one box, what is proposed while one types, the desk."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM
from amparo.people.models import Customer
from amparo.products import commands as products
from amparo.search import commands
from amparo.search.models import Search, SynonymGroup, WritingTask
from amparo.threads import queries as threads
from amparo.tickets import commands as tickets

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def _licensed(customer, product, serial):
    release = product.releases.first()
    if release is None:
        release = products.add_release(product, "10.1", NOON.date(), actor=SYSTEM, at=NOON)
        products.make_current(release, actor=SYSTEM, at=NOON)
    products.register_licence(serial, product, customer, terminals=2, installed=release, actor=SYSTEM, at=NOON)


def test_a_visitor_finds_what_is_published(publish):
    """SRC-2, ACC-1"""
    publish("La impresora no imprime", summary="Revise el papel.")
    answer = Client().get("/search/?q=impresoras")
    html = answer.content.decode()
    assert answer.status_code == 200 and "La <mark>impresora</mark> no imprime" in html
    assert "no-store" in answer.headers["Cache-Control"]
    assert "sessionid" not in answer.cookies


def test_a_visitor_with_a_typing_error_is_led_on(publish):
    """SRC-2"""
    publish("La impresora no imprime")
    html = Client().get("/search/?q=inpresora").content.decode()
    assert 'q=impresora"><strong>impresora</strong>' in html and "no imprime" in html


def test_nothing_found_teaches_what_to_do(publish):
    html = Client().get("/search/?q=zanahoria").content.decode()
    assert "No se encontró nada" in html


def test_an_empty_search_is_a_field(publish):
    assert Client().get("/search/").status_code == 200
    assert Search.objects.count() == 0


@pytest.mark.parametrize("address", [
    "/search/?q=x&kind=_connector", "/search/?q=x&kind=article%27", "/search/?q=x&product=1%20or%201", "/search/?q=x&product=²", "/search/?q=x&shown=-1",
    "/search/suggest/?for=x", "/search/?q=x&product=99999999999999999999",
])  # fmt: skip
def test_what_is_no_filter_is_refused(address):
    """SEC-30: filters are taken from lists."""
    assert Client().get(address).status_code == 422


def test_unknown_parameters_are_nothing(publish):
    """SEC-30: no parameter of an address becomes a name of the ORM."""
    publish("La impresora")
    assert Client().get("/search/?q=impresora&audience=staff&product_id__isnull=1&_negated=1").status_code == 200


def test_a_text_that_is_too_long_is_refused_in_words(publish):
    """SEC-30"""
    answer = Client().get("/search/?q=" + "a" * 2_100)
    assert answer.status_code == 422 and "demasiado largo" in answer.content.decode()


def test_what_is_typed_is_shown_escaped(publish):
    html = Client().get("/search/?q=<script>alert(1)</script>").content.decode()
    assert "<script>alert" not in html


def test_the_signed_in_find_their_own_matters_too(publish, contact, other_contact, client_for, engineer, product):
    """SRC-2, ACC-11, SEC-29: beside what is published, through the rule of conversations."""
    for who in (contact, other_contact):
        _licensed(Customer.objects.get(pk=who.customer_id), product, f"SERIE-{who.user_id:04d}-ABCD-0001")
        tickets.open_ticket("La impresora de caja dos", "No corta el papel.", product.pk, actor=who, at=NOON)
    assert len(threads.search(engineer, "impresora")) == 2
    html = client_for(contact).get("/search/?q=impresora").content.decode()
    assert html.count("La impresora de caja dos") == 1
    assert "La impresora de caja dos" not in Client().get("/search/?q=impresora").content.decode()


def test_htmx_gets_the_results_alone_and_nothing_is_noted_yet(publish):
    """SRC-2: each letter is no search of its own."""
    publish("La impresora")
    html = Client().get("/search/?q=impre", headers=HTMX).content.decode()
    assert "<html" not in html and "impresora" in html and "/search/settled/" in html
    assert Search.objects.count() == 0


def test_a_search_left_to_stand_is_noted_with_its_click(publish):
    """SRC-2"""
    publish("La impresora", subject="article:7")
    client = Client()
    html = client.post("/search/settled/", {"q": "impresora"}, headers=HTMX).content.decode()
    token = html.split('value="')[1].split('"')[0]
    assert client.post("/search/click/", {"token": token, "position": "1", "subject": "article:7"}).status_code == 204
    noted = Search.objects.get()
    assert (noted.words, noted.results, noted.clicked_position, noted.clicked_subject, noted.place) == ("impresora", 1, 1, "article:7", "page")


@pytest.mark.parametrize("given", [{}, {"token": "x", "position": "1"}, {"token": str(uuid.uuid4()), "position": "99999"}, {"position": "²", "token": ""},
                                   {"token": str(uuid.uuid4()), "position": "1", "subject": "article:7\x00"}])  # fmt: skip
def test_a_click_of_no_search_is_nothing(given):
    assert Client().post("/search/click/", given).status_code == 204


def test_the_page_notes_a_search_without_personal_data(publish, contact, client_for):
    """SRC-2: who it was nobody can tell."""
    client_for(contact).get("/search/?q=impresora", headers={"User-Agent": "Navegador raro"})
    noted = Search.objects.get()
    kept = " ".join(str(value) for value in vars(noted).values())
    assert "127.0.0.1" not in kept and contact.email not in kept and "Navegador" not in kept
    assert noted.who not in (str(contact.user_id), contact.ref) and len(noted.who) == 32


def test_who_searches_all_the_time_is_asked_to_wait(publish):
    """SRC-2, SEC-30: a limit for each searcher."""
    from amparo.policies.registry import policy

    publish("La impresora")
    client = Client()
    codes = [client.get("/search/?q=impresora").status_code for _turn in range(policy("search.per_minute_max").default + 1)]
    assert set(codes[:-1]) == {200} and codes[-1] == 429
    assert Client().get("/search/?q=impresora", headers={"User-Agent": "otro"}).status_code == 200


def test_a_page_costs_few_statements(publish, contact, client_for, django_assert_max_num_queries):
    for turn in range(5):
        publish(f"La impresora {turn}")
    visitor, mine = Client(), client_for(contact)
    mine.get("/search/?q=impresora")
    with django_assert_max_num_queries(9):
        visitor.get("/search/?q=impresora")
    with django_assert_max_num_queries(23):
        mine.get("/search/?q=impresora")


def test_answers_come_while_the_subject_of_a_ticket_is_typed(publish, contact, client_for):
    """TKT-3"""
    publish("La impresora no imprime", url="/knowledge/9/")
    client = client_for(contact)
    html = client.get("/search/suggest/?for=ticket&title=no imprime la impreso", headers=HTMX).content.decode()
    assert 'href="/knowledge/9/"' in html and "/search/settled/" in html
    assert client.get("/search/suggest/?for=ticket&title=no", headers=HTMX).content.decode().strip() == ""


def test_what_notes_a_search_beside_a_form_sends_nothing_of_the_form(publish):
    """TKT-3: htmx would send the fields around it, the text of the ticket among them."""
    publish("La impresora no imprime")
    html = Client().get("/search/suggest/?for=ticket&title=impresora", headers=HTMX).content.decode()
    assert 'hx-params="q,for"' in html
    assert 'hx-params="q,kind,product"' in Client().get("/search/?q=impresora", headers=HTMX).content.decode()


def test_who_types_all_the_time_is_not_told_off_beside_a_form(publish):
    """TKT-3"""
    client = Client()
    assert {client.post("/search/settled/", {"q": "impresora", "for": "ticket"}).status_code for _turn in range(62)} == {200}
    assert Search.objects.count() == 60


def test_the_form_of_a_ticket_asks_for_answers(publish, contact, client_for, customer, product):
    """TKT-3: the region stands beside the subject; the maximum time is told."""
    _licensed(customer, product, "SERIE-0001-ABCD-0001")
    html = client_for(contact).get("/tickets/new/").content.decode()
    assert "/search/suggest/?for=ticket" in html


def test_the_box_in_the_header_proposes(publish):
    """SRC-2"""
    publish("La impresora no imprime", url="/knowledge/9/")
    found = Client().get("/search/suggest.json?q=impr").json()["results"]
    assert [one["url"] for one in found] == ["/search/?q=impr", "/knowledge/9/"]
    assert Client().get("/search/suggest.json?q=").json() == {"results": []}


def test_what_is_hidden_is_in_no_proposal(publish):
    """SEC-29"""
    publish("Ornitorrinco", audience="staff")
    for address in ("/search/suggest.json?q=ornitorrin", "/search/?q=ornitorrinco", "/search/?q=ornitorrinko", "/search/suggest/?title=ornitorrinco+gris"):
        html = Client().get(address).content.decode()
        assert "Ornitorrinco" not in html


# --- the desk --------------------------------------------------------------------------------------------------------

def _searched(words, count=3, people=2, **found):
    from amparo.kernel import clock
    from amparo.search.queries import Found

    for number in range(count):
        commands.note_search(words, Found(**found), identity=f"user:{number % people}", place="page", at=clock.now())


def test_what_was_not_found_becomes_a_task_in_one_click(client_for, engineer):
    """SRC-2"""
    _searched("caja registradora rusa")
    client = client_for(engineer)
    html = client.get("/desk/search/").content.decode()
    assert "caja registradora rusa" in html
    assert client.post("/desk/search/tasks/", {"words": "caja registradora rusa"}).status_code == 302
    task = WritingTask.objects.get()
    assert (task.searches, task.searchers, task.state) == (3, 2, "open")
    client.post("/desk/search/tasks/", {"words": "cajas registradoras rusas"})
    assert WritingTask.objects.count() == 1
    assert "Por escribir" in client.get("/desk/search/").content.decode()
    client.post(f"/desk/search/tasks/{task.pk}/take/")
    assert "Elena" in client.get("/desk/search/tasks/").content.decode()
    client.post(f"/desk/search/tasks/{task.pk}/finish/")
    task.refresh_from_db()
    assert (task.state, task.assignee_id) == ("done", engineer.user_id)
    assert client.post(f"/desk/search/tasks/{task.pk}/take/").status_code == 409


def test_a_task_is_dropped_with_a_reason(client_for, engineer):
    client = client_for(engineer)
    client.post("/desk/search/tasks/", {"words": "zanahoria"})
    task = WritingTask.objects.get()
    assert client.post(f"/desk/search/tasks/{task.pk}/drop/", {"reason": " "}).status_code == 422
    client.post(f"/desk/search/tasks/{task.pk}/drop/", {"reason": "No la vendemos"})
    assert "No la vendemos" in client.get("/desk/search/tasks/?view=ended").content.decode()
    assert client.post(f"/desk/search/tasks/{task.pk}/other/").status_code == 404


def test_only_administrators_say_what_means_the_same(client_for, administrator, engineer, contact):
    """SRC-2"""
    assert client_for(engineer).get("/desk/search/synonyms/").status_code == 403
    assert client_for(contact).get("/desk/search/").status_code == 404
    client = client_for(administrator)
    assert client.post("/desk/search/synonyms/", {"words": "caja"}).status_code == 422
    assert client.post("/desk/search/synonyms/", {"words": "caja, registradora, punto de venta"}).status_code == 302
    group = SynonymGroup.objects.get()
    assert client.post("/desk/search/synonyms/", {"words": "Cajas, mostrador"}).status_code == 422
    assert client.post(f"/desk/search/synonyms/{group.pk}/", {"words": "caja, mostrador"}).status_code == 302
    group.refresh_from_db()
    assert group.words == ["caja", "mostrador"]
    assert client.get(f"/desk/search/synonyms/{group.pk}/").status_code == 200
    client.post(f"/desk/search/synonyms/{group.pk}/", {"drop": "1"})
    assert not SynonymGroup.objects.exists()


@pytest.mark.parametrize("address", ["/desk/search/?days=7", "/desk/search/?days=90", "/desk/search/tasks/", "/desk/search/tasks/?view=ended", "/desk/search/synonyms/"])
def test_empty_pages_teach(client_for, administrator, address):
    assert client_for(administrator).get(address).status_code == 200


@pytest.mark.parametrize("address", ["/desk/search/?days=x", "/desk/search/tasks/?view=x"])
def test_unknown_views_are_refused(client_for, administrator, address):
    """SEC-30"""
    assert client_for(administrator).get(address).status_code == 422
