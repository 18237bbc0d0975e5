"""Charging less than the tariff asks, from the case's page. CHG-8."""

from __future__ import annotations

import pytest
from django.urls import reverse

from amparo.cases import commands
from amparo.cases.errors import NothingToLessen
from amparo.charging.errors import NotCheaper
from amparo.charging.models import Charge
from amparo.charging.rules import Need
from amparo.kernel import clock
from amparo.kernel.refusals import NotPermitted, Stale

from .world import classified, contract_for, fresh

NOW = clock.now()


@pytest.fixture
def dear(customer, contact, engineer):
    """An incident that asks for four credits, for the contract has no incidents."""
    contract_for(customer.pk, incidents=0, starts_on=NOW.date().replace(day=1))
    case = classified(contact, engineer, "incident", at=NOW)
    assert Charge.objects.get(pk=case.charge_id).amounts == {"credit": 4}
    return case


@pytest.mark.django_db
def test_an_engineer_asks_for_less_and_the_customer_reads_why(dear, contact, engineer, client_for, facts):
    """CHG-8: his page asks for the smaller price, with the reason; he consents to it, and that is reserved."""
    client = client_for(engineer)
    url = reverse("desk_cases:less", args=[dear.pk, dear.charge_id])
    assert url in client.get(f"/desk/cases/{dear.pk}/").content.decode()
    page = client.get(url).content.decode()
    assert "4 créditos" in page
    given = {"seen": dear.moves, "credits": "2", "reason": "Ya lo habíamos visto la semana pasada."}
    assert client.post(url, {**given, "reason": ""}).status_code == 422
    assert client.post(url, given).status_code == 302
    assert Charge.objects.get(pk=dear.charge_id).amounts == fresh(dear).told == {"credit": 2}
    shown = client_for(contact).get(f"/cases/{dear.pk}/").content.decode()
    assert "2 créditos en vez de 4 créditos" in shown and "la semana pasada" in shown
    commands.consent(fresh(dear), seen=dear.classification, actor=contact, at=NOW)
    assert Charge.objects.get(pk=dear.charge_id).state == "reserved"
    assert "case.charged_less" in facts(dear)
    assert client.get(url).status_code == 404


@pytest.mark.django_db
def test_never_more_nor_after_the_answer_nor_by_others(dear, contact, operator, sales, engineer, quality):
    """CHG-8, CHG-10"""
    more, less = [Need("general_quote", 4)], [Need("general_quote", 1)]
    given = {"reason": "Por cortesía", "at": NOW}
    with pytest.raises(NotCheaper):
        commands.charge_less(dear, dear.charge_id, needs=more, actor=engineer, **given)
    for stranger in (contact, sales):
        with pytest.raises(NotPermitted):
            commands.charge_less(dear, dear.charge_id, needs=less, actor=stranger, **given)
    with pytest.raises(Stale):
        commands.charge_less(dear, dear.charge_id, needs=less, seen=dear.moves + 1, actor=engineer, **given)
    with pytest.raises(NothingToLessen):
        commands.charge_less(dear, dear.charge_id + 999, needs=less, actor=engineer, **given)
    commands.consent(dear, seen=dear.classification, actor=contact, at=NOW)
    with pytest.raises(NothingToLessen):
        commands.charge_less(dear, dear.charge_id, needs=less, actor=engineer, **given)
