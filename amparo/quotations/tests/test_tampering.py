"""Requests that a browser of ours would never send: ids of others in bodies, digits that are no numbers. SEC-8, SEC-27, SEC-49."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from amparo.cases.models import Case
from amparo.files import commands as files
from amparo.files.models import StoredFile
from amparo.kernel import clock
from amparo.quotations import commands
from amparo.quotations.models import Quote, ServiceRequest

from .world import contract_for, fresh, item, left, presented

pytestmark = pytest.mark.django_db
NOW = clock.now()


def draft_of(actor, key: str = "d1") -> StoredFile:
    return files.store(SimpleUploadedFile("nota.txt", b"de otro"), draft_key=key, actor=actor, at=NOW)


@pytest.mark.parametrize("whose", ["other_contact", "member"])
def test_a_file_of_another_person_goes_into_nobodys_request_or_words(contract, contact, engineer, client_for, request, whose):
    """SEC-27: its public id is not enough, neither as a new file nor as one that stays."""
    theirs = draft_of(request.getfixturevalue(whose))
    made = commands.begin_request(title="Ventas", key="r", actor=contact, at=NOW)
    given = {"title": "Ventas", "keeps": "1", "keep": [theirs.public_id], "seen": made.revision}
    browser = client_for(contact)
    assert browser.post(reverse("quotations:request", args=[made.pk]), given).status_code == 302
    answer = browser.post(
        reverse("quotations:request", args=[made.pk]),
        {"title": "Ventas", "files": [theirs.public_id], "draft_key": "d1", "seen": fresh(made).revision},
    )  # fmt: skip
    assert 400 <= answer.status_code < 500 and fresh(made).files == []
    quote = presented(contact, engineer, at=NOW)
    answer = browser.post(
        reverse("quotations:change", args=[quote.pk]),
        {"words": "Más barato", "seen": "1", "key": "k", "files": [theirs.public_id], "draft_key": "d1"},
    )  # fmt: skip
    assert 400 <= answer.status_code < 500 and fresh(quote).state == "presented" and fresh(theirs).subject == ""


def test_a_form_quotes_for_nobody_else_and_nothing_that_is_not_offered(contract, contact, other_customer, other_contact, administrator, client_for):
    """SEC-8, QUO-2: who asks is who is signed in, whatever the body names; a draft is no offer."""
    contract_for(other_customer.pk)
    version = item(administrator, at=NOW)
    draft = commands.draft_version(version.item, actor=administrator, at=NOW)
    body = {"key": "k", "terminals": "4", "urgent": "0", "customer": contact.customer_id, "contact_id": contact.contact_id}
    browser = client_for(other_contact)
    assert browser.post(reverse("cases:quote_service", args=[draft.pk]), body).status_code in (404, 409)
    assert not Case.objects.exists() and not Quote.objects.exists()
    assert browser.post(reverse("cases:quote_service", args=[version.pk]), body).status_code == 302
    assert Quote.objects.get().customer_id == other_customer.pk and left(contact.customer_id, NOW)["credit"] == 20


def test_the_key_of_a_form_of_another_company_shows_nothing_of_it(contract, contact, other_customer, other_contact, client_for):
    """SEC-8, SEC-48"""
    contract_for(other_customer.pk)
    for actor in (contact, other_contact):
        assert client_for(actor).post(reverse("quotations:request_new"), {"key": "same", "title": "Mío"}).status_code == 302
    assert set(ServiceRequest.objects.values_list("customer_id", flat=True)) == {contact.customer_id, other_customer.pk}


@pytest.mark.parametrize("digit", ["²", "①", "৩" * 8, "9" * 30])
def test_signs_that_only_look_like_digits_break_no_page(contract, contact, engineer, client_for, digit):
    """SEC-49"""
    quote = presented(contact, engineer, at=NOW)
    mine, desk = client_for(contact), client_for(engineer)
    for name in ("accept", "reject", "change"):
        assert mine.post(reverse(f"quotations:{name}", args=[quote.pk]), {"seen": digit, "words": "x", "key": "k"}).status_code in (409, 422)
    for path in (f"/desk/quotations/?q={digit}", f"/desk/quotations/?q=COT-{digit}", f"/desk/quotations/new/{quote.thread.number}/?changes={digit}"):
        assert desk.get(path).status_code == 200
    assert desk.post(reverse("desk_quotations:withdraw", args=[quote.pk]), {"seen": digit}).status_code == 422
    assert desk.post(reverse("desk_quotations:present", args=[quote.pk]), {"seen": digit}).status_code == 409
    assert fresh(quote).state == "presented"
