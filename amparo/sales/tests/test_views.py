"""Pages of sales, by who opens them. ACC-11, CRD-1, CTR-1."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from amparo.conftest import NOON
from amparo.sales import commands
from amparo.sales.models import Sale, SaleDocument

from .conftest import FISCAL, credits_of, order, paid_by

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    from amparo.kernel import clock

    monkeypatch.setattr(clock, "now", lambda: NOON)


def test_a_card_is_ordered_confirmed_and_credited(client_for, contact, sales, customer, cards):
    """CRD-1"""
    mine, desk = client_for(contact), client_for(sales)
    assert "Tarjeta de 50 créditos" in mine.get("/sales/?credits=30&next=/tickets/").text
    form = mine.get(f"/sales/buy/card/{cards.pk}/?next=/tickets/")
    assert "5,220.00" in form.text
    done = mine.post(f"/sales/buy/card/{cards.pk}/", {"quantity": "1", "code": "", "act": "order", "seen": "522000:0", "key": "k1", "next": "/tickets/"})
    sale = Sale.objects.get()
    assert done.status_code == 302 and done.url == f"/sales/{sale.pk}/"
    assert f"V-{sale.pk}" in mine.get(done.url).text
    page = desk.get(f"/desk/sales/{sale.pk}/")
    assert page.status_code == 200 and "5,220.00" in page.text
    confirmed = desk.post(f"/desk/sales/{sale.pk}/confirm/", {"method": "transfer", "amount": "5,220.00", "reference": "SPEI 1", "received_on": "2026-11-11"})
    assert confirmed.status_code == 302, confirmed.text
    assert mine.get(f"/sales/{sale.pk}/").status_code == 200
    credited = mine.post(f"/sales/{sale.pk}/credit/")
    assert credited.status_code == 302 and credited.url == "/tickets/", "back to what he was at"
    assert credits_of(customer) == 50
    assert "/tickets/" in mine.get(f"/sales/{sale.pk}/").text


def test_a_price_that_moved_is_shown_anew(client_for, contact, cards):
    """SEC-49"""
    mine = client_for(contact)
    answer = mine.post(f"/sales/buy/card/{cards.pk}/", {"quantity": "2", "act": "order", "seen": "1:0", "key": "k1"})
    assert answer.status_code == 409 and "10,440.00" in answer.text and not Sale.objects.exists()


@pytest.mark.parametrize("quantity", ["0", "-3", "101", "1.5", "NaN", "x" * 50])
def test_a_wrong_quantity_is_told_beside_it(client_for, contact, cards, quantity):
    """SEC-49"""
    answer = client_for(contact).post(f"/sales/buy/card/{cards.pk}/", {"quantity": quantity, "act": "order", "key": "k"})
    assert answer.status_code == 422 and not Sale.objects.exists()


def test_a_price_in_the_form_is_nobodys_price(client_for, contact, cards):
    """SEC-33, SEC-49"""
    client_for(contact).post(f"/sales/buy/card/{cards.pk}/", {"quantity": "1", "act": "order", "key": "k", "seen": "522000:0", "price": "1", "total": "1", "discount": "500000", "customer": "1", "state": "activated"})
    sale = Sale.objects.get()
    assert sale.total == 522_000 and sale.state == "placed"


@pytest.mark.parametrize("path", ["", "pay/", "check/", "cancel/", "credit/", "codes/", "again/", "invoice/"])
def test_another_company_finds_no_order(client_for, customer, contact, other_contact, own_only, cards, path):
    """SEC-7, ACC-11"""
    sale = order(customer, cards, contact)
    for actor in (other_contact, own_only):
        client = client_for(actor)
        answer = client.post(f"/sales/{sale.pk}/{path}") if path else client.get(f"/sales/{sale.pk}/")
        assert answer.status_code == 404
    sale.refresh_from_db()
    assert sale.state == "placed"


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/a b", "x" * 300])
def test_the_way_back_is_ours_alone(client_for, contact, sales, cards, there):
    """SEC-60"""
    client_for(contact).post(f"/sales/buy/card/{cards.pk}/", {"quantity": "1", "act": "order", "key": "k", "seen": "522000:0", "next": there})
    assert Sale.objects.get().returns_to == ""


def test_coming_back_from_a_payment_page_pays_nothing(client_for, customer, contact, cards):
    """CHG-10"""
    sale = order(customer, cards, contact)
    assert client_for(contact).get(f"/sales/{sale.pk}/?paid=1").status_code == 200
    sale.refresh_from_db()
    assert sale.state == "placed"


def test_the_codes_page_is_kept_by_nobody(client_for, customer, contact, cards, sales):
    """CRD-1, SEC-12"""
    sale = paid_by(order(customer, cards, contact), sales)
    mine = client_for(contact)
    first = mine.post(f"/sales/{sale.pk}/codes/")
    assert first.status_code == 200 and "no-store" in first.headers["Cache-Control"]
    assert mine.get(f"/sales/{sale.pk}/codes/").status_code == 405
    assert mine.post(f"/sales/{sale.pk}/codes/").status_code == 409


XML = """<?xml version="1.0" encoding="UTF-8"?>
<cfdi:Comprobante xmlns:cfdi="http://www.sat.gob.mx/cfd/4" Version="4.0" Total="{total}" Moneda="MXN">
<cfdi:Receptor Rfc="{rfc}" Nombre="ABARROTES LUPITA"/><cfdi:Complemento>
<tfd:TimbreFiscalDigital xmlns:tfd="http://www.sat.gob.mx/TimbreFiscalDigital" UUID="5FB2822E-396D-4725-8521-CDC4BDD20CCF"/>
</cfdi:Complemento></cfdi:Comprobante>"""


def upload(text, name="factura.xml"):
    return SimpleUploadedFile(name, text if isinstance(text, bytes) else text.encode(), content_type="text/xml")


def test_the_customer_downloads_the_stamped_invoice_beside_the_order(client_for, customer, contact, other_contact, sales, cards):
    """SEC-25, SEC-26, SEC-56"""
    mine, desk = client_for(contact), client_for(sales)
    sale = paid_by(order(customer, cards, contact), sales)
    assert mine.post(f"/sales/{sale.pk}/invoice/", FISCAL).status_code == 302
    done = desk.post(f"/desk/sales/{sale.pk}/invoice/", {"xml": upload(XML.format(total="5220.00", rfc="AAA010101AAA")), "pdf": SimpleUploadedFile("f.pdf", b"%PDF-1.4\n%%EOF")})
    assert done.status_code == 302, done.text
    xml, pdf = SaleDocument.objects.order_by("pk")
    served = mine.get(xml.file.url)
    assert served.status_code == 200 and "attachment" in served.headers["Content-Disposition"] and "xml" not in served.headers["Content-Type"]
    assert mine.get(pdf.file.url).status_code == 200
    assert client_for(other_contact).get(xml.file.url).status_code == 404
    assert "factura.xml" in mine.get(f"/sales/{sale.pk}/").text
    sale.refresh_from_db()
    assert sale.invoice_uuid.startswith("5FB2822E")
    assert mine.post(f"/sales/{sale.pk}/invoice/", FISCAL | {"use": "I04"}).status_code == 422


BOMB = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'


@pytest.mark.parametrize("text", [
    BOMB, OUTSIDE, "<a>", "", "no es XML", "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    XML.format(total="5220.01", rfc="AAA010101AAA"), XML.format(total="NaN", rfc="AAA010101AAA"), XML.format(total="5220.00", rfc="GODE561231GR8"),
    XML.format(total="5220.00", rfc="AAA010101AAA").replace("5FB2822E", "zz"), "<a>" * 300, b"\xff\xfe\x00", b"<a>" + b"x" * 1_100_000 + b"</a>",
])  # fmt: skip
def test_what_is_no_invoice_of_this_order_is_refused(client_for, customer, contact, sales, cards, text):
    """SEC-56"""
    sale = paid_by(order(customer, cards, contact, fiscal=FISCAL), sales)
    answer = client_for(sales).post(f"/desk/sales/{sale.pk}/invoice/", {"xml": upload(text)})
    assert answer.status_code == 422 and not SaleDocument.objects.exists()


def test_the_codes_of_the_tax_authority_are_shown_with_their_names(client_for, customer, contact, sales, cards):
    sale = order(customer, cards, contact, fiscal=FISCAL)
    for page in (client_for(contact).get(f"/sales/{sale.pk}/"), client_for(sales).get(f"/desk/sales/{sale.pk}/")):
        assert "601 General de Ley Personas Morales" in page.content.decode() and "G03 Gastos en general" in page.content.decode()


@pytest.mark.parametrize(("name", "value"), [("rfc", "NO-ES-RFC"), ("regime", "605"), ("regime", "999"), ("use", "D01"), ("use", ""), ("postal_code", "0660"), ("legal_name", " ")])
def test_data_that_no_invoice_can_be_made_with_are_told(client_for, customer, contact, cards, name, value):
    sale = order(customer, cards, contact)
    answer = client_for(contact).post(f"/sales/{sale.pk}/invoice/", FISCAL | {name: value})
    assert answer.status_code == 422
    sale.refresh_from_db()
    assert sale.fiscal == {}


def test_receipts_are_for_staff_alone(client_for, customer, contact, sales, cards):
    """SEC-25"""
    sale = order(customer, cards, contact)
    desk = client_for(sales)
    key = "receipt-draft"
    sent = desk.post("/files/upload/", {"file": SimpleUploadedFile("pago.pdf", b"%PDF-1.4\n%%EOF"), "draft_key": key}, headers={"Accept": "application/json"})
    public_id = sent.json()["id"]
    desk.post(f"/desk/sales/{sale.pk}/confirm/", {"method": "cash", "amount": "5220", "reference": "R-1", "received_on": "2026-11-11", "files": [public_id], "draft_key": key})
    receipt = SaleDocument.objects.get(kind="receipt")
    assert desk.get(receipt.file.url).status_code == 200
    assert client_for(contact).get(receipt.file.url).status_code == 404
    assert "pago.pdf" not in client_for(contact).get(f"/sales/{sale.pk}/").text


def test_sales_orders_for_a_caller_after_seeing_the_price(client_for, customer, sales, plan):
    """CTR-1"""
    desk = client_for(sales)
    given = {"customer": customer.nic_shown, "offer": f"plan:{plan.pk}", "quantity": "1", "code": "", "key": "k"}
    look = desk.post("/desk/sales/new/", given | {"act": "look"})
    assert look.status_code == 200 and "11,368.00" in look.text and not Sale.objects.exists()
    done = desk.post("/desk/sales/new/", given | {"act": "order", "seen": "1136800:0"})
    assert done.status_code == 302 and Sale.objects.get().placed_by_staff


def test_the_report_quotes_what_a_spreadsheet_would_run(client_for, customer, contact, sales, cards):
    """SEC-55, SEC-56"""
    sale = order(customer, cards, contact)
    paid_by(sale, sales, reference="=HYPERLINK(1)")
    answer = client_for(sales).get("/desk/sales/export.csv?since=2026-11-01&until=2026-11-30")
    text = answer.content.decode("utf-8-sig")
    assert "5220.00" in text and sale.number in text and "'=HYPERLINK" in text
    for span in ("since=x&until=", "since=0001-01-01&until=9999-12-31", "since=9999-12-31"):
        assert client_for(sales).get(f"/desk/sales/export.csv?{span}").status_code == 200
    for actor in (contact,):
        assert client_for(actor).get("/desk/sales/export.csv").status_code == 404


def test_other_staff_do_not_reach_the_money(client_for, customer, contact, engineer, operator, cards):
    """SEC-53"""
    sale = order(customer, cards, contact)
    assert client_for(engineer).get("/desk/sales/").status_code == 403
    assert client_for(operator).get(f"/desk/sales/{sale.pk}/").status_code == 200
    for path in ("confirm", "cancel", "refund", "invoice", "fiscal", "credit", "activate"):
        assert client_for(operator).post(f"/desk/sales/{sale.pk}/{path}/").status_code == 403
    assert client_for(operator).get("/desk/sales/payment/").status_code == 403


def test_a_refused_confirmation_shows_the_order_as_it_stands(client_for, customer, contact, sales, cards):
    sale = paid_by(order(customer, cards, contact), sales)
    answer = client_for(sales).post(f"/desk/sales/{sale.pk}/confirm/", {"method": "cash", "amount": "5220", "reference": "R", "received_on": "2026-11-11"})
    assert answer.status_code == 409
    assert commands.show_codes(sale, actor=contact, at=NOON)


def test_cards_on_sale_are_kept(client_for, sales, administrator):
    desk = client_for(sales)
    assert desk.post("/desk/sales/offers/add/", {"name": "20 créditos", "credits": "20", "price": "$2,000.00"}).status_code == 302
    assert desk.post("/desk/sales/offers/add/", {"name": "20 créditos", "credits": "20", "price": "1"}).status_code == 422
    assert desk.post("/desk/sales/offers/add/", {"name": "x", "credits": "20", "price": "1e5"}).status_code == 422
    assert "2,000.00" in desk.get("/desk/sales/offers/").text
    admin = client_for(administrator)
    assert admin.get("/desk/sales/payment/").status_code == 200
    assert admin.post("/desk/sales/payment/secret_key/", {"secret": "sk_test_abcd1234"}).status_code == 302
    text = admin.get("/desk/sales/payment/").text
    assert "sk_test" not in text and "1234" in text
    assert admin.post("/desk/sales/payment/other/", {"secret": "x"}).status_code == 404
    admin.post("/desk/sales/payment/secret_key/", {"secret": ""})
    assert "1234" in admin.get("/desk/sales/payment/").text, "an empty form forgets nothing"
    admin.post("/desk/sales/payment/secret_key/", {"secret": "", "forget": "yes"})
    assert "1234" not in admin.get("/desk/sales/payment/").text


def test_pages_ask_few_questions(client_for, customer, contact, sales, cards, django_assert_max_num_queries):
    for _number in range(3):
        sale = paid_by(order(customer, cards, contact), sales)
    mine, desk = client_for(contact), client_for(sales)
    mine.get("/sales/"), desk.get("/desk/sales/")
    with django_assert_max_num_queries(8):
        mine.get("/sales/")
    with django_assert_max_num_queries(4):
        mine.get("/sales/mine/")
    with django_assert_max_num_queries(14):
        mine.get(f"/sales/{sale.pk}/")
    with django_assert_max_num_queries(8):
        desk.get("/desk/sales/?show=all")
