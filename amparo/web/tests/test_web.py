"""Pages that combine apps: home, help, matters, statements, queue, palette, telephone, reports."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pypdf import PdfReader

from amparo.cases import commands as cases
from amparo.conftest import NOON
from amparo.contracts import commands as contracts
from amparo.deadlines.commands import set_kind
from amparo.deadlines.rules import Counting
from amparo.kernel import clock
from amparo.kernel.sheets import safe_cell
from amparo.ledger import commands as transfers
from amparo.ledger import queries as ledger
from amparo.live.models import Call
from amparo.products import commands as products
from amparo.tickets.models import Ticket
from amparo.web import queries, statements

DAY = (NOON - timedelta(days=30)).date()


@pytest.fixture
def covered(customer, administrator, sales):
    product = products.add_product("POS", "Mostrador", actor=administrator, at=NOON - timedelta(days=90))
    release = products.add_release(product, "10.1", DAY, actor=administrator, at=NOON - timedelta(days=30))
    products.make_current(release, actor=administrator, at=NOON - timedelta(days=30))
    products.register_licence("CAJA-7K2M-0001", product, customer, installed=release, actor=administrator, at=NOON)
    plan = contracts.add_plan("Plus", events=5, incidents=2, credits=10, months=12, price=1, currency="MXN", actor=sales, at=NOON)
    return contracts.sell_contract(customer, plan, DAY, actor=sales, at=NOON - timedelta(days=29))


@pytest.fixture
def closed_incident(covered, contact, engineer):
    case = cases.open_case("No abre la caja", "Ayuda", key="web-case-1", actor=contact, at=NOON)
    cases.classify(case, kind="incident", explanation="Es un incidente", key="k", actor=engineer, at=NOON)
    case.refresh_from_db()
    cases.consent(case, seen=case.classification, actor=contact, at=NOON)
    case.refresh_from_db()
    closing = cases.propose_closing(case, reason="solved", summary="Listo", key="p", actor=engineer, at=NOON)
    case.refresh_from_db()
    return cases.accept_closing(case, seen=closing.pk, actor=contact, at=NOON)


@pytest.mark.django_db
def test_home_shows_what_needs_me_what_is_left_and_the_right_door(covered, contact, engineer, client_for, django_assert_max_num_queries):
    """CHG-1, LED-3"""
    case = cases.open_case("No abre la caja", "Ayuda", key="web-case-1", actor=contact, at=NOON)
    cases.classify(case, kind="incident", explanation="Es un incidente", key="k", actor=engineer, at=NOON)
    client = client_for(contact)
    client.get("/")
    with django_assert_max_num_queries(6):
        page = client.get("/").content.decode()
    assert "Confirme cómo se atenderá" in page and "1 incidente" in page
    assert page.index("Lo que espera por usted") < page.index("¿Qué necesita?") < page.index("Lo que le queda") < page.index("Mis asuntos abiertos")
    assert page.index("/cases/new/") < page.index("/tickets/new/")  # covered: the case is the faster way


@pytest.mark.django_db
def test_the_doors_say_the_times_that_are_set(covered, contact, administrator, client_for):
    """TIM-4, TKT-3"""
    client, now = client_for(contact), clock.now()
    queries._answer_time.cache_clear()
    assert "A más tardar en 48 horas hábiles" in client.get("/help/").content.decode()
    set_kind(
        "answer.ticket", counting=Counting.BUSINESS_HOURS, amount=Decimal(24), priority=2, warn_percents=[50],
        from_at=now, actor=administrator, at=now,
    )  # fmt: skip
    queries._answer_time.cache_clear()  # it is looked up once a minute
    assert "A más tardar en 24 horas hábiles" in client.get("/help/").content.decode()


@pytest.mark.django_db
def test_a_customer_without_contract_is_led_to_a_ticket_and_told_why(customer, contact, client_for):
    """ACC-9"""
    page = client_for(contact).get("/help/").content.decode()
    assert "is-shut" in page and "póliza" in page


@pytest.mark.django_db
def test_the_statement_shows_one_incident_and_reconciles(closed_incident, contact, client_for, customer, django_assert_max_num_queries):
    """LED-4: the same on screen, as CSV and as PDF, and equal to the ledger."""
    client = client_for(contact)
    period = f"since={DAY - timedelta(days=5)}&until={NOON.date()}"
    client.get("/statements/")
    with django_assert_max_num_queries(7):
        page = client.get(f"/statements/?{period}").content.decode()
    assert f"C-{closed_incident.pk}" in page and "Usado" in page
    rows = list(csv.reader(io.StringIO(client.get(f"/statements/csv/?{period}").content.decode("utf-8-sig"))))
    used = [row for row in rows if row[1] == "Usado"]
    assert [(row[2], row[3], row[4], row[6]) for row in used] == [(f"Caso C-{closed_incident.pk} · No abre la caja", "incident", "-1", "1")]
    pdf = client.get(f"/statements/pdf/?{period}")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.content)).pages)
    assert "Estado de cuenta" in text and f"C-{closed_incident.pk}" in text and customer.nic_shown in text
    now = {pocket.unit: pocket.balance for pocket in ledger.pockets(customer.pk, NOON)}
    assert now == {"event": 5, "incident": 1, "credit": 10}


@pytest.mark.django_db
def test_a_statement_shown_before_shows_what_moves_next(covered, contact, customer, client_for, sales, engineer):
    """LED-4: it is drawn once for each version of it, for each kind of reader."""
    client, staff = client_for(contact), client_for(engineer)
    asked = f"since={DAY - timedelta(days=5)}&until={NOON.date()}"
    address, desk = f"/statements/?{asked}", f"/desk/statements/{customer.pk}/?{asked}"
    before = client.get(address).content.decode()
    assert client.get(address).content.decode().count("<tr>") == before.count("<tr>") and "T-99" not in before
    assert "/desk/contracts/" in staff.get(desk).content.decode()
    pocket = next(one for one in ledger.pockets(customer.pk, NOON) if one.unit == "event")
    transfers.spend(pocket, 1, cause="ticket:99", key="later", tariff_version=None, actor=sales, at=NOON)
    after = client.get(address).content.decode()
    assert "T-99" in after and "/desk/" not in after
    assert "T-99" in staff.get(desk).content.decode()


@pytest.mark.django_db
def test_each_line_of_a_statement_gives_its_reason_and_the_figures_add_up(closed_incident, contact, own_only, customer, client_for):
    """LED-4, ACC-11: per customer and per contract; who sees only his own matters reads no title of another's."""
    zone = timezone.get_default_timezone()
    period = statements.Period(DAY - timedelta(days=5), NOON.date())
    found = statements.load(customer.pk, period, None, zone=zone)
    for one in statements.sums(found):
        figures = dict(one["figures"])
        assert sum(amount for _label, amount in one["figures"][:-3]) == figures["Quedan"] == one["sum"].left
    asked = f"since={period.since}&until={period.until}"
    text = client_for(contact).get(f"/statements/csv/?{asked}").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert [row[2] for row in rows if row[1] == "Usado"] == [f"Caso C-{closed_incident.pk} · No abre la caja"]
    assert ["", "Suma: Reservado en el periodo", "", "incident", "1", "", "", "", ""] in rows
    assert "No abre la caja" not in client_for(own_only).get(f"/statements/csv/?{asked}").content.decode()
    link = f'<a href="/cases/{closed_incident.pk}/">'
    assert link in client_for(contact).get(f"/statements/?{asked}").content.decode()
    others = client_for(own_only).get(f"/statements/?{asked}").content.decode()
    assert f"C-{closed_incident.pk}" in others and link not in others
    contract = next(source for source, _label in statements.sources(found))
    narrowed = list(csv.reader(io.StringIO(client_for(contact).get(f"/statements/csv/?{asked}&source={contract}").content.decode())))
    assert {row[2] for row in narrowed if row[1] == "Abonado"} == {"Dotación de la póliza"}
    other = statements.load(customer.pk, period, "contract:999999", zone=zone)
    assert other.lines == () and statements.sums(other) == []


@pytest.mark.django_db
def test_a_document_fetches_nothing(monkeypatch, tmp_path):
    """SEC-24: neither files nor addresses."""
    from amparo.kernel import documents

    secret = tmp_path / "secret.txt"
    secret.write_text("CANARIO")
    monkeypatch.setattr(
        documents, "render_to_string",
        lambda *_a: f'<img src="file://{secret}"><link rel="attachment" href="file://{secret}"><style>@import "http://127.0.0.1:9/x.css"</style>hola',
    )  # fmt: skip
    made = documents.pdf("x", {})
    assert b"CANARIO" not in made and "hola" in PdfReader(io.BytesIO(made)).pages[0].extract_text()


@pytest.mark.parametrize("text", ["=1+1", "+1", "@x", "-x", "\tx", "a\x00b"])
def test_cells_are_no_formulas(text):
    """SEC-56"""
    assert safe_cell(text)[0] not in "=+@\t" and "\x00" not in safe_cell(text)
    assert safe_cell(-1) == "-1"


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["since=ayer", "since=2026-02-01&until=2026-01-01", "since=1990-01-01", "source=x:1", "source=contract"])
def test_a_statement_asked_for_wrongly_is_refused(contact, client_for, query):
    """SEC-30"""
    assert client_for(contact).get(f"/statements/?{query}").status_code == 422


@pytest.mark.django_db
def test_the_operator_finds_a_caller_by_number_nic_name_and_serial(covered, customer, contact, operator, client_for):
    """TEL-1"""
    client = client_for(operator)
    for words in ("5555123456", "5512 3456", customer.nic_shown, "lupita", "CAJA-7K2M"):
        page = client.get("/desk/phone/", {"q": words}).content.decode()
        assert f"/desk/phone/{customer.pk}/" in page, words
    card = client.get(f"/desk/phone/{customer.pk}/").content.decode()
    for part in (customer.nic_shown, covered.number, "0001", "Lupita Romero"):
        assert part in card
    assert "CAJA-7K2M-0001" not in card, "staff see the last signs of a serial"


@pytest.mark.django_db
def test_the_operator_acts_from_the_same_screen(covered, customer, contact, operator, client_for, facts):
    """TEL-2, TEL-3: the call on record, a case and a ticket for who is on the line."""
    client, base = client_for(operator), f"/desk/phone/{customer.pk}"
    assert client.post(f"{base}/calls/start/", {"phone": "5555123456", "caller_name": "Lupita", "key": "call-key-1"}).status_code == 302
    assert client.post(f"{base}/calls/start/", {"phone": "5555123456", "caller_name": "Lupita", "key": "call-key-1"}).status_code == 302
    call = Call.objects.get()
    done = client.post(f"{base}/case/", {"title": "No abre", "body": "La caja 3", "contact": contact.contact_id, "kind": "incident", "key": "case-key-1"})
    assert done.status_code == 302 and done["Location"].startswith("/desk/cases/")
    product = covered.customer.licences.first().product_id if hasattr(covered.customer, "licences") else None
    from amparo.products.models import Product

    product = product or Product.objects.get().pk
    done = client.post(f"{base}/ticket/", {"title": "Duda", "body": "¿Cómo?", "product": product, "contact": contact.contact_id, "key": "tick-key-1"})
    assert done.status_code == 302 and Ticket.objects.count() == 1
    bad = client.post(f"/desk/phone/calls/{call.pk}/end/", {"about": "", "outcome": "case"})
    assert bad.status_code == 422
    client.post(f"/desk/phone/calls/{call.pk}/end/", {"about": "No abre la caja", "outcome": "case", "notes": "Se abrió un caso"})
    call.refresh_from_db()
    assert call.ended_at and call.outcome == "case" and facts(call) == ["call.started", "call.linked", "call.linked", "call.ended"]


@pytest.mark.django_db
def test_nothing_typed_is_lost_on_the_telephone(covered, customer, contact, operator, client_for):
    page = client_for(operator).post(f"/desk/phone/{customer.pk}/case/", {"title": "", "body": "TEXTO LARGO", "contact": contact.contact_id, "key": "case-key-2"})
    assert page.status_code == 422 and "TEXTO LARGO" in page.content.decode()


@pytest.mark.django_db
def test_the_queue_counts_and_sorts_by_promise(covered, contact, engineer, client_for, django_assert_max_num_queries):
    """TIM-4"""
    first = cases.open_case("Segundo en llegar", "b", key="q-case-2", actor=contact, at=NOON + timedelta(minutes=5))
    second = cases.open_case("Primero en llegar", "a", key="q-case-1", actor=contact, at=NOON)
    client = client_for(engineer)
    client.get("/desk/")
    with django_assert_max_num_queries(6):
        page = client.get("/desk/").content.decode()
    assert page.index(f"C-{second.pk}") < page.index(f"C-{first.pk}")
    assert client.get("/desk/?view=mine").status_code == 200
    assert client.get("/desk/?kind=nothing").status_code == 422


@pytest.mark.django_db
def test_nobody_is_led_to_a_form_that_he_may_not_fill(engineer, quality, client_for):
    """TEL-2, ACC-11"""
    for address in ("/desk/", "/desk/tickets/"):
        assert "/desk/tickets/new/" in client_for(engineer).get(address).content.decode()
        assert "/desk/tickets/new/" not in client_for(quality).get(address).content.decode()


@pytest.mark.django_db
def test_the_palette_finds_places_matters_and_customers(covered, contact, engineer, client_for):
    cases.open_case("La báscula no pesa", "b", key="pal-case", actor=contact, at=NOON)
    client = client_for(engineer)
    assert any("lupita" in str(one).lower() for one in client.get("/desk/search.json?q=lupita").json()["results"])
    assert any("báscula" in str(one) for one in client.get("/desk/search.json?q=bascula").json()["results"])


@pytest.mark.django_db
def test_reports_count_promises_attention_and_units(closed_incident, administrator, client_for):
    """TIM-9, LED-4: each figure with its list and CSV."""
    client = client_for(administrator)
    span = f"since={DAY}&until={(NOON + timedelta(days=20)).date()}"
    for by in ("month", "kind", "person", "customer"):
        assert client.get(f"/desk/reports/promises/?by={by}&{span}").status_code == 200
    assert client.get(f"/desk/reports/promises/?by=evil&{span}").status_code == 422
    listed = client.get(f"/desk/reports/promises/list/?{span}&state=kept").content.decode()
    assert f"C-{closed_incident.pk}" in listed
    attention = list(csv.reader(io.StringIO(client.get(f"/desk/reports/attention/?form=csv&{span}").content.decode("utf-8-sig"))))
    assert ["2026-11", "Incidente", "1", "1", "0"] in attention
    units = list(csv.reader(io.StringIO(client.get(f"/desk/reports/units/?form=csv&{span}").content.decode("utf-8-sig"))))
    assert sum(int(row[3]) for row in units[1:] if row[1] == "incident") == 1
    held = client.get("/desk/reports/units/incident/").content.decode()
    assert "Abarrotes Lupita" in held
    assert client.get("/desk/reports/units/gold/").status_code == 404


@pytest.mark.django_db
def test_each_figure_of_a_report_has_its_list(closed_incident, administrator, contact, engineer, sales, customer, client_for):
    """LED-4, TIM-9: the movements add up to the units, the matters to the count; in pages and as CSV."""
    client = client_for(administrator)
    span = f"since={DAY - timedelta(days=2)}&until={(NOON + timedelta(days=20)).date()}"

    def table(path):
        return list(csv.reader(io.StringIO(client.get(f"{path}form=csv&{span}").content.decode("utf-8-sig"))))[1:]

    listed = client.get(f"/desk/reports/attention/list/?what=incident&which=closed&{span}").content.decode()
    assert f"/desk/cases/{closed_incident.pk}/" in listed and "1" in listed
    for what, which, count in (("incident", "came", 1), ("incident", "closed", 1), ("ticket", "came", 0), ("", "came", 1)):
        assert len(table(f"/desk/reports/attention/list/?what={what}&which={which}&")) == count
    assert client.get(f"/desk/reports/attention/list/?what=gold&{span}").status_code == 422
    figures = table("/desk/reports/units/?")
    for unit in ("event", "incident", "credit"):
        for column, which in ((2, "sold"), (3, "used"), (4, "expired")):
            told = sum(int(row[column]) for row in figures if row[1] == unit)
            assert sum(int(row[4]) for row in table(f"/desk/reports/units/{unit}/{which}/?")) == told
    assert "Abarrotes Lupita" in client.get(f"/desk/reports/units/incident/used/?{span}").content.decode()
    assert client.get(f"/desk/reports/units/incident/lost/?{span}").status_code == 404


@pytest.mark.django_db
def test_staff_who_read_a_page_of_the_portal_are_led_back_and_see_no_rail_in_its_bar(engineer, client_for):
    """The places of the desk do not fit into the bar of the portal, and lead elsewhere."""
    page = client_for(engineer).get("/agreements/").content.decode()
    bar = page[page.index('class="portal-places"') : page.index("</nav>")]
    assert 'href="/desk/"' in bar and "/desk/cases/" not in bar
