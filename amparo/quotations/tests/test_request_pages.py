"""Pages of development requests: taught, kept, sent, compared, printed, beside the quote. QUO-4."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from amparo.kernel import clock
from amparo.quotations import commands, queries
from amparo.quotations.models import ServiceRequest
from amparo.threads.models import Thread

from .world import contract_for, drafted, thread_for

pytestmark = pytest.mark.django_db
WORDS = {
    "title": "Ventas por caja", "product_version": "10.1", "aim": "Saber qué se vende.", "present": "A mano.",
    "wanted": "Un <script>alert(1)</script> **reporte**.", "data": "", "acceptance": "- La suma coincide.",
}  # fmt: skip


@pytest.fixture
def product(db):
    from amparo.kernel.actor import SYSTEM
    from amparo.products import commands as products

    return products.add_product("caja", "Caja", actor=SYSTEM, at=clock.now())


@pytest.fixture
def covered(customer):
    contract_for(customer.pk)
    return customer


def begin(contact) -> ServiceRequest:
    return commands.begin_request(title="", key="r1", actor=contact, at=clock.now())


def test_the_form_teaches_how_to_specify(contact, covered, client_for, product):
    """QUO-4: each part says what it is for, with an example."""
    browser = client_for(contact)
    assert "Criterios de aceptación" in browser.get("/quotations/requests/new/").content.decode()
    answer = browser.post("/quotations/requests/new/", {"key": "k1"})
    again = browser.post("/quotations/requests/new/", {"key": "k1"})
    assert answer.headers["Location"] == again.headers["Location"] and ServiceRequest.objects.count() == 1
    page = browser.get(answer.headers["Location"]).content.decode()
    assert page.count("request-hint") >= 8 and page.count("request-example") >= 6


def test_who_lacks_a_contract_is_told(contact, client_for):
    """ACC-8, ACC-9"""
    answer = client_for(contact).get("/quotations/requests/new/")
    assert answer.status_code == 403 and "póliza" in answer.content.decode().lower()


def test_a_draft_is_kept_while_one_writes(contact, member, covered, client_for, product):
    """QUO-4, SEC-49: on the server, for a colleague to go on with."""
    request = begin(contact)
    browser = client_for(contact)
    given = WORDS | {"product": product.pk, "seen": request.revision, "keeps": "1"}
    kept = browser.post(f"/quotations/requests/{request.pk}/", given, HTTP_HX_REQUEST="true")
    assert kept.status_code == 200 and f'value="{request.revision + 1}"' in kept.content.decode()
    assert browser.post(f"/quotations/requests/{request.pk}/", given).status_code == 409  # a page that is behind
    page = client_for(member).get(f"/quotations/requests/{request.pk}/").content.decode()
    assert "Saber qué se vende." in page


def test_what_is_missing_is_shown_beside_its_field(contact, covered, client_for, product):
    """QUO-4"""
    request = begin(contact)
    given = WORDS | {"product": product.pk, "acceptance": " ", "seen": request.revision}
    answer = client_for(contact).post(f"/cases/requests/{request.pk}/send/", given)
    page = answer.content.decode()
    assert answer.status_code == 422 and "is-lacking" in page and "Saber qué se vende." in page
    request.refresh_from_db()
    assert request.is_draft and request.content["aim"] == "Saber qué se vende."


def test_sending_opens_the_case_and_staff_see_it_beside_the_quote(contact, covered, engineer, client_for, product):
    """QUO-4, CHG-2"""
    request = begin(contact)
    browser = client_for(contact)
    given = WORDS | {"product": product.pk, "seen": request.revision}
    answer = browser.post(f"/cases/requests/{request.pk}/send/", given)
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/cases/")
    case = browser.get(answer.headers["Location"]).content.decode()
    assert request.number in case and "<script>alert" not in case
    request.refresh_from_db()
    thread = Thread.objects.get(pk=request.thread_id)
    desk = client_for(engineer)
    for path in (f"/desk/quotations/requests/{request.pk}/", f"/desk/quotations/new/{thread.number}/"):
        page = desk.get(path).content.decode()
        assert "La suma coincide." in page and "<strong>reporte</strong>" in page and "<script>alert" not in page, path
    quote = drafted(contact, engineer, thread=thread)
    assert "La suma coincide." in desk.get(f"/desk/quotations/{quote.pk}/").content.decode()
    assert request.number in desk.get(f"/desk/cases/{thread.number}/beside/").content.decode()


def test_a_change_is_sent_as_the_next_version_and_compared(contact, covered, client_for, product):
    """QUO-4, CAS-6"""
    request = begin(contact)
    given = WORDS | {"product": product.pk}
    browser = client_for(contact)
    browser.post(f"/cases/requests/{request.pk}/send/", given | {"seen": request.revision})
    request.refresh_from_db()
    changed = given | {"aim": "Saber qué se vende por hora.", "seen": request.revision}
    assert browser.post(f"/quotations/requests/{request.pk}/amend/", changed).status_code == 302
    page = browser.get(f"/quotations/requests/{request.pk}/").content.decode()
    assert "<ins>" in page and "Versión 2" in page
    assert queries.versions_of(request)[0].number == 2


def test_it_prints(contact, covered, other_contact, client_for, product):
    """QUO-4, ACC-11"""
    request = begin(contact)
    browser = client_for(contact)
    browser.post(f"/cases/requests/{request.pk}/send/", WORDS | {"product": product.pk, "seen": request.revision})
    answer = browser.get(f"/quotations/requests/{request.pk}/paper/")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "La suma coincide." in text and "SHA-256" in text and request.number in text
    for path in ("", "paper/"):
        assert client_for(other_contact).get(f"/quotations/requests/{request.pk}/{path}").status_code == 404
    assert client_for(other_contact).post(f"/cases/requests/{request.pk}/send/", WORDS).status_code == 404


def test_staff_see_no_draft(contact, covered, engineer, client_for, product):
    """QUO-4: before it is sent it is the company's alone."""
    request = begin(contact)
    assert client_for(engineer).get(f"/desk/quotations/requests/{request.pk}/").status_code == 404
    assert client_for(contact).post(f"/quotations/requests/{request.pk}/discard/").status_code == 302
    assert client_for(contact).get(f"/quotations/requests/{request.pk}/").status_code == 404


def test_a_case_without_a_request_shows_none(contact, covered, engineer):
    """QUO-4"""
    assert queries.beside_quote(thread_for(contact)) is None
