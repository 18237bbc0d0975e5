"""Who may do what to a charge: one table."""

from __future__ import annotations

import pytest

from amparo.charging import access, commands
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.kernel.actor import SYSTEM, VISITOR


@pytest.fixture
def charge(customer, contract, engineer):
    return commands.propose("case:1", customer.pk, [Need("incident")], key="k", actor=engineer, at=NOON)


# who: sees, consents in the portal, records consent, attends, settles, chooses, sets the tariff
TABLE = {
    "contact": "yes yes no no yes no no",
    "member": "yes yes no no yes no no",
    "other_contact": "no no no no no no no",
    "registered": "no no no no no no no",
    "operator": "yes no yes yes yes yes no",
    "engineer": "yes no yes yes yes yes no",
    "quality": "yes no no yes yes no no",
    "sales": "yes no yes yes yes no no",
    "administrator": "yes no yes yes yes yes yes",
}


@pytest.mark.parametrize("name", TABLE)
def test_who_may_what(charge, name, request):
    """ACC-11, CHG-1, CHG-8, TAR-1"""
    actor = request.getfixturevalue(name)
    found = [
        access.visible_to(actor).filter(pk=charge.pk).exists(),
        access.may_consent(actor, charge, "portal"),
        access.may_consent(actor, charge, "telephone"),
        access.may_attend(actor, charge),
        access.may_settle(actor, charge),
        access.may_choose(actor, charge),
        access.may_set_tariff(actor),
    ]
    assert " ".join("yes" if may else "no" for may in found) == TABLE[name]


def test_the_service_itself_attends_and_a_visitor_does_nothing(charge):
    """ACC-11"""
    assert access.may_attend(SYSTEM, charge) and not access.may_consent(SYSTEM, charge, "telephone")
    assert not access.visible_to(VISITOR).exists() and not access.may_settle(VISITOR, charge)


def test_drafts_of_the_tariff_are_not_public(administrator, contact, charge):
    """TAR-1"""
    draft = commands.draft_tariff(actor=administrator, at=NOON)
    assert access.tariffs_visible_to(administrator).filter(pk=draft.pk).exists()
    assert not access.tariffs_visible_to(contact).filter(pk=draft.pk).exists()
