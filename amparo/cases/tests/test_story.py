"""The story of a case is drawn once: for the right reader, and never past its time."""

from __future__ import annotations

import pytest

from amparo.cases import commands
from amparo.conftest import NOON
from amparo.kernel import clock
from amparo.kernel.actor import SYSTEM
from amparo.threads import commands as threads

from .world import MINUTE, asked, key

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("contract")]


@pytest.fixture(autouse=True)
def at_noon(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOON + 5 * MINUTE)


def page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_staff_have_opened_shows_a_customer_no_note(contact, engineer, other_contact, client_for):
    """SEC-10, ACC-11"""
    case = asked(contact)
    threads.note(case.thread, "Un secreto interno", actor=engineer, at=NOON)
    staff, customer = client_for(engineer), client_for(contact)
    for _again in range(2):
        assert "Un secreto interno" in page(staff, f"/desk/cases/{case.pk}/")
        assert "Un secreto interno" not in page(customer, f"/cases/{case.pk}/")
    assert client_for(other_contact).get(f"/cases/{case.pk}/").status_code == 404


def test_a_word_and_a_fact_are_seen_as_soon_as_they_are_there(contact, engineer, client_for):
    """CAS-1"""
    case, customer = asked(contact), client_for(contact)
    page(customer, f"/cases/{case.pk}/")
    commands.write(case, "Cambie el cable", key=key(), actor=engineer, at=NOON)
    before = page(customer, f"/cases/{case.pk}/")
    assert "Cambie el cable" in before
    facts = before.count('class="fact ')
    commands.classify(case, kind="incident", explanation="Es un incidente.", key=key(), actor=engineer, at=NOON)
    assert page(customer, f"/cases/{case.pk}/").count('class="fact ') > facts


def test_nothing_purged_is_shown_again(contact, engineer, client_for):
    """CAS-2"""
    case = asked(contact, kind="general")
    commands.write(case, "Cambie el cable", key=key(), actor=engineer, at=NOON)
    case = commands.withdraw(case, actor=contact, at=NOON)
    addresses = {client_for(contact): f"/cases/{case.pk}/", client_for(engineer): f"/desk/cases/{case.pk}/"}
    assert all("Cambie el cable" in page(client, address) for client, address in addresses.items())
    threads.purge(case.thread, actor=SYSTEM, at=NOON)
    assert not any("Cambie el cable" in page(client, address) for client, address in addresses.items())
