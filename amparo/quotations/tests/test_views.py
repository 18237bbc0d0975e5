"""The pages of quotations: quoted in one view, decided, delivered, in both languages, with few statements. QUO-1 to QUO-5, CHG-2."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from amparo.kernel import clock
from amparo.quotations import commands
from amparo.quotations.models import CatalogueItem, ItemVersion, Quote, ServiceOrder
from amparo.quotations.rules.quotes import Line

from .world import card_for, drafted, formula_terms, item, key, left, presented

NOW = clock.now()


def send(client, name, *args, status=302, **data):
    answer = client.post(reverse(name, args=args), data)
    assert answer.status_code == status, (answer.status_code, answer.content.decode()[:2000])
    return answer


def see(client, name, *args, query="", status=200, **headers):
    answer = client.get(reverse(name, args=args) + query, headers=headers)
    assert answer.status_code == status, (answer.status_code, answer.content.decode()[:2000])
    return answer.content.decode()


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def test_a_service_is_quoted_in_one_page_view_and_ordered(contract, contact, administrator, client_for):
    """QUO-2, CHG-2, CHG-3: parameters, price and date on one page; nothing is consumed until it is accepted."""
    version = item(administrator)
    client = client_for(contact)
    html = see(client, "quotations:service", version.item_id, query="?asked=1&terminals=4&urgent=1")
    assert "17 créditos" in html and "a más tardar" in html and not Quote.objects.exists()
    part = see(client, "quotations:service", version.item_id, query="?asked=1&terminals=4", **{"HX-Request": "true", "HX-Target": "price"})
    assert "12 créditos" in part and "<html" not in part
    wrong = see(client, "quotations:service", version.item_id, query="?asked=1&terminals=99")
    assert "no puede cotizarse" in wrong and "Obtener esta cotización" not in wrong
    answer = send(client, "cases:quote_service", version.pk, key="k", terminals="4", urgent="0")
    quote = Quote.objects.get()
    assert answer["Location"] == reverse("quotations:quote", args=[quote.pk]) and left(contact.customer_id)["credit"] == 20
    html = see(client, "quotations:quote", quote.pk)
    send(client, "quotations:accept", quote.pk, seen="1", price=hidden(html, "price"))
    assert left(contact.customer_id)["credit"] == 8
    assert ServiceOrder.objects.get().told == {"credit": 12}


def test_missing_credits_lead_to_a_card_and_back(contract, contact, engineer, client_for):
    """CHG-3"""
    quote = presented(contact, engineer, Line("Reporte", 1, 26), at=NOW)
    client = client_for(contact)
    back = f"next=/quotations/{quote.pk}/"
    assert back in see(client, "quotations:quote", quote.pk)
    html = send(client, "quotations:accept", quote.pk, status=409, seen="1").content.decode()
    assert "Faltan 6 créditos" in html and back in html
    redeem = client.get(f"/contracts/redeem/?{back}").content.decode()
    assert f'name="next" value="/quotations/{quote.pk}/"' in redeem
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/"):
        assert f'name="next" value="{elsewhere}"' not in client.get("/contracts/redeem/", {"next": elsewhere}).content.decode()
    card_for(contact.customer_id, 10, at=NOW)
    html = see(client, "quotations:quote", quote.pk)
    send(client, "quotations:accept", quote.pk, seen="1", price=hidden(html, "price"))
    assert left(contact.customer_id, NOW)["credit"] == 4


def test_a_quote_is_written_line_by_line_previewed_and_presented(contract, contact, engineer, client_for):
    """QUO-1, QUO-3, CHG-9"""
    from .world import thread_for

    thread = thread_for(contact, at=NOW)
    client = client_for(engineer)
    see(client, "desk_quotations:new", thread.number)
    rows = {"line_text": ["Análisis", "Hora", ""], "line_quantity": ["1", "2", ""], "line_credits": ["3", "", ""], "line_code": ["", "technical_hour", ""],
            "line_participants": ["", "", ""], "line_mark": ["", "", ""]}  # fmt: skip
    assert "11 créditos" in send(client, "desk_quotations:preview", thread.number, status=200, **rows).content.decode()
    given = rows | {"title": "Reporte", "kind": "development", "text": "Un **reporte**", "business_days": "4", "valid_days": "10", "terms": "x",
                    "travel_amount": "850", "travel_currency": "MXN", "travel_text": "taxi", "key": "k"}  # fmt: skip
    send(client, "desk_quotations:new", thread.number, **given)
    quote = Quote.objects.get()
    html = see(client, "desk_quotations:quote", quote.pk)
    assert "El cliente todavía no la ve" in html and "<strong>reporte</strong>" in html
    see(client_for(contact), "quotations:quote", quote.pk, status=404)
    send(client, "desk_quotations:present", quote.pk, seen="0")
    mine = see(client_for(contact), "quotations:quote", quote.pk)
    assert "11 créditos" in mine and "850.00 MXN" in mine and "taxi" in mine
    wrong = send(client, "desk_quotations:edit", quote.pk, status=422, **(given | {"line_text": ["", "Hora", ""]})).content.decode()
    assert "Cada renglón necesita" in wrong and "Un **reporte**" in wrong
    send(client, "desk_quotations:edit", quote.pk, seen="1", **(given | {"line_credits": ["5", "", ""], "line_mark": ["l1", "l2", ""]}))
    send(client, "desk_quotations:present", quote.pk, seen="2")
    mine = see(client_for(contact), "quotations:quote", quote.pk)
    assert "Qué cambió desde la versión anterior" in mine and "13 créditos" in mine
    stale = send(client_for(contact), "quotations:accept", quote.pk, status=409, seen="1").content.decode()
    assert "versión más reciente" in stale


def test_the_customer_asks_for_a_change_and_rejects(contract, contact, engineer, client_for):
    """QUO-3"""
    client = client_for(contact)
    quote = presented(contact, engineer, at=NOW)
    empty = send(client, "quotations:change", quote.pk, status=422, seen="1", words=" ").content.decode()
    assert "Escriba unas palabras" in empty
    send(client, "quotations:change", quote.pk, seen="1", words="Más barato", key="k")
    assert "Usted pidió un cambio" in see(client, "quotations:quote", quote.pk)
    send(client, "quotations:reject", quote.pk, seen="1", reason="No")
    assert "Usted no aceptó" in see(client, "quotations:quote", quote.pk)
    assert "ya se decidió" in send(client, "quotations:accept", quote.pk, status=409, seen="1").content.decode()


def test_an_order_is_worked_at_the_board_delivered_and_accepted(contract, contact, developer, client_for):
    """QUO-5, CAS-6"""
    desk, portal = client_for(developer), client_for(contact)
    order = commands.accept_quote(presented(contact, developer, at=NOW), seen=1, actor=contact, at=NOW)
    assert order.number in see(desk, "desk_quotations:board") and order.number in see(desk, "desk_quotations:orders")
    send(desk, "desk_quotations:start", order.pk, seen="0")
    assert "Reporte" in see(desk, "desk_quotations:board", query="?mine=1&kind=development")
    late = send(desk, "desk_quotations:delay", order.pk, status=422, new_on="2020-01-01", reason="x", key="d").content.decode()
    assert "posterior a la prometida" in late
    send(desk, "desk_quotations:deliver", order.pk, note="Aquí **está**", key="e", seen="1")
    html = see(portal, "quotations:order", order.pk)
    assert "<strong>está</strong>" in html and "¿La entrega cumple" in html
    send(portal, "quotations:refuse_delivery", order.pk, seen="1", reasons="Falta el total", key="r")
    assert "Se corrige sin costo" in see(portal, "quotations:order", order.pk)
    send(desk, "desk_quotations:deliver", order.pk, note="Con el total", key="f")
    send(portal, "quotations:accept_delivery", order.pk, seen="2")
    assert "Esta orden está terminada" in see(portal, "quotations:order", order.pk)
    assert "Cotizar un cambio" in see(desk, "desk_quotations:order", order.pk)
    assert f"changes={order.pk}" in see(desk, "desk_quotations:order", order.pk)


def test_the_editor_of_the_catalogue_refuses_with_the_place_and_shows_worked_examples(administrator, engineer, client_for):
    """QUO-2"""
    client = client_for(administrator)
    given = {"kind": "general", "name_es": "Importar", "pricing": "formula", "formula": "100 / (terminals - 4)", "days": "3", "p_name": ["terminals"],
             "p_kind": [""], "p_label_es": [""], "p_label_en": [""], "p_minimum": [""], "p_maximum": [""], "p_default": ["4"]}  # fmt: skip
    html = send(client, "desk_quotations:item_new", status=422, **given).content.decode()
    assert "Columna 5" in html and "entre cero" in html and not CatalogueItem.objects.exists()
    shown = send(client, "desk_quotations:examples", status=200, **(given | {"formula": "4 + 2 * terminals"})).content.decode()
    assert "12 créditos" in shown and "104 créditos" in shown
    send(client, "desk_quotations:item_new", **(given | {"formula": "4 + 2 * terminals"}))
    version = ItemVersion.objects.get()
    assert "12 créditos" in see(client, "desk_quotations:item_edit", version.pk)
    send(client, "desk_quotations:item_publish", version.pk, seen="0")
    assert "12 créditos" in see(client_for(engineer), "desk_quotations:item", version.item_id)
    send(client, "desk_quotations:item_draft", version.item_id)
    send(client, "desk_quotations:item_discard", ItemVersion.objects.latest("pk").pk)
    send(client, "desk_quotations:item_offer", version.item_id, offer="off")
    assert not CatalogueItem.objects.get().is_offered
    assert client_for(engineer).get(reverse("desk_quotations:item_new")).status_code == 403


@pytest.mark.parametrize("language", ["es-mx", "en"])
def test_quote_order_and_delivery_note_on_paper(contract, contact, engineer, client_for, language):
    """QUO-3, QUO-5"""
    from amparo.people.models import User

    User.objects.filter(pk=contact.user_id).update(language=language)
    order = commands.accept_quote(presented(contact, engineer, at=NOW), seen=1, actor=contact, at=NOW)
    commands.deliver(order, "Listo", key="d", actor=engineer, at=NOW)
    client = client_for(contact)
    for name, args in (("paper", [order.quote_id]), ("order_paper", [order.pk]), ("delivery_paper", [order.pk, 1])):
        answer = client.get(reverse(f"quotations:{name}", args=args))
        assert answer.status_code == 200 and answer.content.startswith(b"%PDF-") and answer["Content-Type"] == "application/pdf"
    assert client.get(reverse("quotations:delivery_paper", args=[order.pk, 9])).status_code == 404


def test_the_pages_speak_english(contract, contact, engineer, administrator, client_for):
    """QUO-2"""
    from amparo.people.models import User

    User.objects.filter(pk=contact.user_id).update(language="en")
    version = item(administrator, formula_terms())
    html = see(client_for(contact), "quotations:service", version.item_id)
    assert "Import the catalogue" in html and "12 credits" in html and "Terminals" in html


def test_what_is_not_ones_own_is_not_there(contract, contact, own_only, other_contact, engineer, client_for):
    """ACC-11, SEC-8"""
    quote = presented(contact, engineer, at=NOW)
    waiting = drafted(contact, engineer, at=NOW)
    order = commands.accept_quote(presented(contact, engineer, Line("x", 1, 1), at=NOW), seen=1, actor=contact, at=NOW)
    for actor in (own_only, other_contact):
        client = client_for(actor)
        for name, pk in (("quote", quote.pk), ("paper", quote.pk), ("order", order.pk), ("order_paper", order.pk)):
            see(client, f"quotations:{name}", pk, status=404)
        for name in ("accept", "reject", "change"):
            send(client, f"quotations:{name}", quote.pk, status=404, seen="1")
        for name in ("accept_delivery", "refuse_delivery", "cancel"):
            send(client, f"quotations:{name}", order.pk, status=404, seen="1")
        assert quote.number not in see(client, "quotations:quotes")
    see(client_for(contact), "quotations:quote", waiting.pk, status=404)


def test_the_hot_pages_take_few_statements(contract, contact, engineer, developer, administrator, client_for, django_assert_max_num_queries):
    """QUO-2, QUO-5"""
    version = item(administrator)
    for n in range(12):
        presented(contact, engineer, Line(f"x{n}", 1, 1), at=NOW)
    order = commands.accept_quote(presented(contact, engineer, Line("x", 1, 1), at=NOW), seen=1, actor=contact, at=NOW)
    portal, desk = client_for(contact), client_for(developer)
    pages = [
        (portal, "quotations:quotes", (), 6), (portal, "quotations:catalogue", (), 6), (portal, "quotations:service", (version.item_id,), 9),
        (portal, "quotations:quote", (Quote.objects.first().pk,), 10), (portal, "quotations:order", (order.pk,), 9),
        (desk, "desk_quotations:quotes", (), 8), (desk, "desk_quotations:board", (), 7), (desk, "desk_quotations:order", (order.pk,), 9),
    ]  # fmt: skip
    for client, name, args, most in pages:
        see(client, name, *args)
        with django_assert_max_num_queries(most):
            see(client, name, *args)


def test_the_keys_of_forms_make_one_quote(contract, contact, administrator, client_for):
    """CHG-10, SEC-48"""
    version = item(administrator)
    client, same = client_for(contact), key()
    for _ in range(3):
        send(client, "cases:quote_service", version.pk, key=same, terminals="2")
    assert Quote.objects.count() == 1
