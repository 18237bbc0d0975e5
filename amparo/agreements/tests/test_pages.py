"""The pages of agreements: public reading, accepting on the way to a service, the editor, who accepted what. AGR-1."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from amparo.agreements import commands, queries
from amparo.agreements.models import Acceptance, AgreementVersion
from amparo.conftest import NOON
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM

from .conftest import make_version, next_version, yes

SCRIPT = "# Uno\n\n<script>alert(1)</script> [clic](javascript:alert(1)) ![x](https://malo.example/x.png) <img src=x onerror=alert(1)>"


@pytest.fixture
def today():
    return clock.now()


def published(code="soporte", **more):
    return make_version(code, **more)


@pytest.mark.django_db
def test_anybody_reads_what_is_published_and_no_draft(client, version, today):
    """AGR-1: public, with dates, in both languages."""
    next_version(version, "# Uno\n\nSe atiende de 8 a 18.", starts_at=today + timedelta(days=9), at=today)
    commands.draft_version(version.agreement, actor=SYSTEM, at=today)
    listed = client.get("/agreements/").content.decode()
    assert "Condiciones soporte" in listed and "Licencia de usuario final" not in listed
    page = client.get("/agreements/soporte/").content.decode()
    assert "Se atiende de 9 a 18." in page and version.hash_es in page
    assert "(en)" in client.get("/agreements/soporte/1/?lang=en").content.decode()
    assert "Se atiende de 8 a 18." in client.get("/agreements/soporte/2/").content.decode()
    assert client.get("/agreements/soporte/3/").status_code == 404
    assert client.get("/agreements/end-user-licence/").status_code == 404
    assert client.get("/agreements/end-user-licence/1/pdf/").status_code == 404
    compared = client.get("/agreements/soporte/2/changes/").content.decode()
    assert "<del>9</del>" in compared and "<ins>8</ins>" in compared


@pytest.mark.django_db
def test_a_version_prints_as_pdf(client, version, customer, contact, client_for):
    """AGR-1"""
    from pypdf import PdfReader

    def words(answer):
        assert answer["Content-Type"] == "application/pdf"
        return "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)

    assert "Se atiende de 9 a 18." in words(client.get("/agreements/soporte/1/pdf/?lang=es"))
    said = yes(version, contact)
    text = words(client_for(contact).get(f"/agreements/mine/{said.pk}/copy.pdf"))
    assert "Lupita Romero" in text and "Dueña" in text and customer.nic_shown in text and version.hash_es[:20] in text


@pytest.mark.django_db
def test_text_of_an_editor_is_inert(client, administrator, client_for, today):
    """AGR-1, SEC-21, SEC-23: stored script in the Markdown, the title and the summary."""
    draft = commands.add_agreement("malo", "Uno <script>alert(2)</script>", "One", actor=administrator, at=today)
    words = {"text_es": SCRIPT, "text_en": SCRIPT, "changes_es": "<script>alert(3)</script>"}
    commands.revise(draft, words, actor=administrator, at=today)
    preview = client_for(administrator).get("/desk/agreements/one/malo/draft/").content.decode()
    draft = AgreementVersion.objects.get(pk=draft.pk)
    commands.publish(draft, starts_at=today, actor=administrator, at=today)
    for shown in (preview, client.get("/agreements/malo/").content.decode(), client.get("/agreements/malo/1/changes/").content.decode()):
        assert "<script>alert" not in shown and "<img src=x" not in shown and "malo.example" not in shown.split("<textarea")[0]
        assert 'href="javascript:' not in shown


@pytest.mark.django_db
def test_accepting_leads_through_what_is_missing_and_back(contact, client_for):
    """AGR-1: one document after the other, then to where the person was going."""
    first, second = published(), published("generales", services=("case", "development"))
    browser = client_for(contact)
    answer = browser.get("/agreements/accept/?service=case&next=/tickets/")
    assert answer.headers["Location"] == "/agreements/soporte/accept/?service=case&next=%2Ftickets%2F"
    page = browser.get(answer.headers["Location"]).content.decode()
    assert first.hash_es in page and "Se atiende de 9 a 18." in page
    given = {"version": first.pk, "seen": first.hash_es, "language": "es", "service": "case", "next": "/tickets/", "capacity": "Dueña"}
    assert browser.post("/agreements/soporte/accept/", given).status_code == 422  # the box was not marked
    answer = browser.post("/agreements/soporte/accept/", given | {"agree": "on"})
    assert answer.headers["Location"].startswith("/agreements/generales/accept/?")
    given |= {"version": second.pk, "seen": second.hash_es, "agree": "on"}
    assert browser.post("/agreements/generales/accept/", given).headers["Location"] == "/tickets/"
    assert queries.waiting(contact.customer_id, clock.now()) == []
    assert "Dueña" in browser.get("/agreements/mine/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["//malo.example/", "https://malo.example/", "/\\malo.example", "javascript:alert(1)", "malo", "\t//malo.example"])
def test_the_way_back_stays_on_our_host(contact, client_for, version, target):
    """AGR-1, SEC-60: an open redirect on `next`."""
    browser = client_for(contact)
    given = {"version": version.pk, "seen": version.hash_es, "language": "es", "next": target, "capacity": "Dueña", "agree": "on"}
    assert browser.post("/agreements/soporte/accept/", given).headers["Location"] == "/agreements/mine/"
    assert browser.get("/agreements/accept/", {"next": target, "service": "case"}).headers["Location"] == "/agreements/mine/"


@pytest.mark.django_db
def test_a_version_published_between_reading_and_accepting_is_shown(contact, client_for, version, today):
    """AGR-1: told plainly, the new text is there to read, nothing was accepted."""
    browser = client_for(contact)
    browser.get("/agreements/soporte/accept/")
    second = next_version(version, "Texto más nuevo.", starts_at=today, at=today)
    given = {"version": version.pk, "seen": version.hash_es, "language": "es", "capacity": "Dueña", "agree": "on"}
    answer = browser.post("/agreements/soporte/accept/", given)
    page = answer.content.decode()
    assert answer.status_code == 409 and "Texto más nuevo." in page and second.hash_es in page
    assert "versión más nueva" in page and not Acceptance.objects.exists()
    altered = given | {"version": second.pk, "seen": version.hash_es}
    assert browser.post("/agreements/soporte/accept/", altered).status_code == 409 and not Acceptance.objects.exists()


@pytest.mark.django_db
def test_who_may_not_accept_reads_it_and_is_told_who_may(contact, member, client_for, version):
    """AGR-1, ACC-9"""
    browser = client_for(member)
    page = browser.get("/agreements/soporte/accept/").content.decode()
    assert "Se atiende de 9 a 18." in page and "Lupita Romero" in page and 'name="seen"' not in page
    given = {"version": version.pk, "seen": version.hash_es, "language": "es", "capacity": "Nadie", "agree": "on"}
    assert browser.post("/agreements/soporte/accept/", given).status_code == 403 and not Acceptance.objects.exists()


@pytest.mark.django_db
def test_the_editor_keeps_compares_and_publishes_once_its_word_is_typed(administrator, client_for, version, today):
    """AGR-1"""
    browser = client_for(administrator)
    assert browser.post("/desk/agreements/one/soporte/begin/").status_code == 302
    draft = version.agreement.versions.get(published_at__isnull=True)
    words = {"title_es": "Condiciones", "title_en": "Conditions", "text_es": "Nuevo **texto**.", "text_en": "New.", "changes_es": "Otro.", "changes_en": ""}
    kept = browser.post("/desk/agreements/one/soporte/draft/", words | {"seen": draft.revision}, HTTP_HX_REQUEST="true")
    assert kept.status_code == 200 and "<strong>texto</strong>" in kept.content.decode()
    assert f'value="{draft.revision + 1}"' in kept.content.decode()
    stale = browser.post("/desk/agreements/one/soporte/draft/", words | {"seen": draft.revision, "text_es": "otro"})
    assert stale.status_code == 409
    page = browser.get("/desk/agreements/one/soporte/draft/").content.decode()
    assert "<ins>" in page and "Nuevo **texto**." in page
    day = (today + timedelta(days=20)).date().isoformat()
    asked = {"starts_on": day, "seen": draft.revision + 1}
    assert browser.post("/desk/agreements/one/soporte/publish/", asked | {"confirmation": "sí"}).status_code == 422
    assert browser.post("/desk/agreements/one/soporte/publish/", asked | {"confirmation": "soporte 2", "starts_on": "2020-01-01"}).status_code == 422
    assert browser.post("/desk/agreements/one/soporte/publish/", asked | {"confirmation": "soporte 2"}).status_code == 302
    made = version.agreement.versions.get(number=2)
    assert made.starts_at.date().isoformat() == day and queries.in_force("soporte", today) == version


@pytest.mark.django_db
def test_only_administrators_edit(engineer, sales, client_for, version):
    """AGR-1"""
    for actor in (engineer, sales):
        browser = client_for(actor)
        assert browser.get("/desk/agreements/").status_code == 200
        assert browser.get("/desk/agreements/acceptances/").status_code == 200
        assert browser.post("/desk/agreements/one/soporte/begin/").status_code == 403
        assert browser.post("/desk/agreements/", {"code": "x-y-z", "title_es": "a", "title_en": "b"}).status_code == 404
        assert browser.post("/desk/agreements/one/soporte/", {"services": []}).status_code == 404
    version.agreement.refresh_from_db()
    assert version.agreement.services == ["case"]


@pytest.mark.django_db
def test_governing_is_set_at_the_desk(administrator, client_for, version, customer):
    """AGR-1: what it governs and whether it is asked for."""
    browser = client_for(administrator)
    answer = browser.post("/desk/agreements/one/soporte/", {"services": ["development", "remote"]})
    assert answer.status_code == 302
    version.agreement.refresh_from_db()
    assert version.agreement.services == ["remote", "development"] and version.agreement.asked_from is None
    assert browser.post("/desk/agreements/one/soporte/", {"services": ["knowledge"]}).status_code == 422


@pytest.mark.django_db
def test_who_accepted_what_is_listed_and_exported(contact, operator, client_for, version):
    """AGR-1, SEC-56"""
    yes(version, contact, capacity="=1+1")
    browser = client_for(operator)
    assert "Lupita Romero" in browser.get("/desk/agreements/acceptances/?code=soporte&version=1&q=abarrotes").content.decode()
    assert "Lupita Romero" not in browser.get("/desk/agreements/acceptances/?code=otro").content.decode()
    rows = list(csv.reader(io.StringIO(browser.get("/desk/agreements/acceptances/?form=csv").content.decode("utf-8-sig"))))
    assert rows[1][6] == "'=1+1" and rows[1][-1] == version.hash_es


@pytest.mark.django_db
def test_staff_read_it_to_a_caller(contact, customer, operator, client_for, version):
    """AGR-1, TEL-2"""
    browser = client_for(operator)
    page = browser.get(f"/desk/agreements/by-telephone/?customer={customer.pk}&service=case")
    assert "Se atiende de 9 a 18." in page.content.decode() and "Lupita Romero" in page.content.decode()
    given = {
        "customer": customer.pk, "service": "case", "version": version.pk, "seen": version.hash_es, "language": "es",
        "contact": contact.contact_id, "capacity": "Dueña", "agree": "on",
    }  # fmt: skip
    assert browser.post("/desk/agreements/by-telephone/", given | {"contact": ""}).status_code == 422
    assert browser.post("/desk/agreements/by-telephone/", given).status_code == 302
    said = Acceptance.objects.get()
    assert (said.how, said.recorded_by_id) == ("telephone", operator.user_id)


@pytest.mark.django_db
def test_an_acceptance_is_its_own_companys(contact, other_contact, client_for, version):
    """ACC-11, SEC-7"""
    said = yes(version, contact)
    assert client_for(other_contact).get(f"/agreements/mine/{said.pk}/copy.pdf").status_code == 404
    assert "Lupita" not in client_for(other_contact).get("/agreements/mine/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/agreements/", "/agreements/soporte/", "/agreements/mine/"])
def test_pages_ask_few_statements(contact, client_for, version, django_assert_max_num_queries, path):
    yes(version, contact, at=NOON)
    browser = client_for(contact)
    browser.get(path)
    with django_assert_max_num_queries(9):
        assert browser.get(path).status_code == 200


@pytest.mark.django_db
def test_a_published_paper_is_printed_once(client, version, monkeypatch):
    """AGR-1: any visitor may ask for it as often as he likes."""
    queries._printed.cache_clear()
    asked = []
    made = queries.paper
    monkeypatch.setattr(queries, "paper", lambda *given, **named: asked.append(given) or made(*given, **named))
    first = client.get("/agreements/soporte/1/pdf/?lang=es")
    assert client.get("/agreements/soporte/1/pdf/?lang=es").content == first.content and len(asked) == 1
    assert client.get("/agreements/soporte/1/pdf/?lang=en").content != first.content and len(asked) == 2
