"""Who may take a file, and why. ACC-3, UPD-1."""

from __future__ import annotations

from datetime import timedelta

import pytest

from amparo.conftest import NOON
from amparo.downloads.access import entitlement
from amparo.kernel.actor import SYSTEM, VISITOR


def _why(actor, publication, at=NOON, **more):
    found = entitlement(actor, publication.release, at, **more)
    return found.allowed, found.code


def test_what_came_out_while_the_contract_ran_stays_for_ever(put_out, own, cover, customer, contact):
    """UPD-1, ACC-10: three years after the contract ended the release of its time is still his, a later one is not."""
    own(customer, 800)
    cover(customer, 700, 12)
    his, later = put_out("10.0", 500), put_out("11.0", 100)
    after = NOON + timedelta(days=1000)
    found = entitlement(contact, his.release, after)
    assert (found.allowed, found.code) == (True, "contract_then") and "P-" in found.sentence
    found = entitlement(contact, later.release, after)
    assert (found.allowed, found.code) == (False, "after_contract")
    assert found.remedy is not None and found.remedy.url == "/sales/"


@pytest.mark.parametrize(("days_ago", "included"), [(335, True), (336, True), (701, False), (700, True)])
def test_the_first_and_the_last_day_of_a_contract_count(days_ago, included, put_out, own, cover, customer, contact):
    """UPD-1: a contract is in force from its first day to its last, inclusive; one of 12 months from day -700 ends on day -336."""
    own(customer, 800)
    cover(customer, 700, 12)
    expected = included and days_ago != 335
    assert _why(contact, put_out("10.5", days_ago))[0] is expected


def test_a_contract_that_was_cancelled_ends_what_is_included(put_out, own, cover, customer, contact, sales):
    """UPD-1"""
    from amparo.contracts.commands import cancel

    own(customer, 800)
    contract = cover(customer, 700, 12)
    cancel(contract, "por acuerdo", actor=sales, at=NOON - timedelta(days=600))
    assert _why(contact, put_out("10.0", 650)) == (True, "contract_then")
    assert _why(contact, put_out("10.1", 500)) == (False, "after_contract")


def test_corrections_of_what_is_his_are_included(put_out, own, customer, contact):
    """UPD-1: 10.1.2 corrects the 10.1 that he bought; 10.2 is a major update."""
    put_out("10.1", 900)
    own(customer, 800)
    assert _why(contact, put_out("10.1.2", 10)) == (True, "correction")
    assert _why(contact, put_out("10.2", 5)) == (False, "no_contract")


def test_what_a_contact_declares_gives_him_nothing(put_out, own, customer, contact):
    """UPD-1, LIC-3: only what staff confirmed counts, else anybody could write himself the newest version."""
    from amparo.products.commands import confirm_version, declare_version

    licence, newest = own(customer, 800), put_out("12.0", 10)
    declare_version(licence, newest.release, actor=contact, at=NOON)
    assert _why(contact, newest) == (False, "no_contract")
    from amparo.conftest import make_staff

    confirm_version(licence, newest.release, actor=make_staff("Otto", "operator"), at=NOON)
    assert _why(contact, newest) == (True, "installed")


def test_the_fix_guarantee_includes_its_correction(put_out, own, cover, customer, contact, other_customer, other_contact):
    """UPD-1, TIM-5: who reported the fault while covered gets the release that corrects it, nobody else by that."""
    from amparo.deadlines.commands import promise
    from amparo.defects.models import Defect, DefectReport
    from amparo.threads.models import Thread

    own(customer, 800)
    own(other_customer, 800)
    fixed = put_out("11.0", 10)
    thread = Thread.objects.create(
        kind="ticket", number=900, customer=customer, title="Falla", state="open", queue="answer", created_at=NOON, last_at=NOON, last_public_at=NOON
    )
    defect = Defect.objects.create(product=fixed.release.product, title="Falla", created_at=NOON, corrected_in=fixed.release)
    DefectReport.objects.create(defect=defect, source="ticket:900", thread=thread, customer=customer, reported_at=NOON, marked_at=NOON, is_covered=True,
                                promise=promise("fix", subject="ticket:900", customer_id=customer.pk, actor=SYSTEM, at=NOON))  # fmt: skip
    assert _why(contact, fixed) == (True, "fix_guarantee")
    assert _why(other_contact, fixed) == (False, "no_contract")


def test_everybody_is_told_what_is_missing(put_out, own, customer, contact, registered, engineer):
    """ACC-3, ACC-9"""
    installer = put_out("10.0", 10)
    assert _why(VISITOR, installer) == (False, "not_signed_in")
    assert _why(registered, installer) == (False, "no_customer")
    assert _why(contact, installer) == (False, "no_licence")
    assert _why(engineer, installer) == (True, "staff")
    assert _why(engineer, installer, customer_id=customer.pk) == (False, "no_licence")
    assert _why(registered, installer, asks="registered") == (True, "registered")
    assert _why(VISITOR, installer, asks="registered") == (False, "not_signed_in")
    assert _why(contact, installer, asks="covered") == (False, "not_covered")
    assert _why(contact, installer, asks="licensed") == (False, "no_licence")


def test_staff_see_it_for_a_customer_with_a_way_of_the_desk(put_out, own, cover, customer, engineer):
    """ACC-9, TEL-2"""
    own(customer, 800)
    installer = put_out("10.0", 10)
    found = entitlement(engineer, installer.release, NOON, customer_id=customer.pk)
    assert found.code == "no_contract" and found.remedy.url == f"/desk/contracts/sell/?customer={customer.pk}"
    cover(customer, 5)
    assert _why(engineer, installer, customer_id=customer.pk) == (True, "contract_now")


def test_a_licence_of_another_product_or_customer_includes_nothing(put_out, own, customer, contact, other_customer, other_contact, administrator):
    """ACC-11, SEC-7"""
    from amparo.products.commands import add_product

    other = add_product("nom", "Nómina", actor=administrator, at=NOON)
    put_out("3.0", 300, of=other)
    own(customer, 200, of=other)
    installer = put_out("10.0", 300)
    own(other_customer, 200)
    assert _why(contact, installer) == (False, "no_licence")
    assert _why(other_contact, installer) == (True, "bought")
