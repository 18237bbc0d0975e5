"""A case and its quotes are one thing, wherever the quote is acted upon. QUO-1 to QUO-5, CHG-2, CHG-3, CAS-3, CAS-6."""

from __future__ import annotations

import pytest

from amparo.cases import commands
from amparo.cases.errors import OrderAccepted
from amparo.cases.models import Order
from amparo.cases.queries import needs_me
from amparo.charging.rules import Need
from amparo.conftest import NOON
from amparo.deadlines.queries import open_promises, promises_of
from amparo.promotions.tests.conftest import promote
from amparo.quotations import commands as quotations
from amparo.quotations.errors import InDispute, QuoteDecided
from amparo.quotations.models import Quote, ServiceOrder
from amparo.quotations.rules.catalogue import Parameter, Terms
from amparo.quotations.rules.quotes import Content, Line

from .world import accepted, asked, classified, closing_of, fresh, key, left, ordered, proposed, reserved


def content(credits: int = 6) -> Content:
    return Content((Line("Reporte", 1, credits),), 5, "Un reporte.")


def quoted(case, staff, credits: int = 6, kind: str = "development") -> Quote:
    quote = quotations.draft_quote(case.thread, kind=kind, title="Reporte", content=content(credits), key=key(), actor=staff, at=NOON)
    return quotations.present_quote(quote, actor=staff, at=NOON)


def test_an_order_typed_in_a_case_is_a_quote(contract, contact, engineer):
    """QUO-1, CHG-3"""
    case = ordered(contact, engineer, credits=6)
    order = ServiceOrder.objects.get()
    assert order.quote.state == "accepted" and order.charge_id == case.charge_id and order.thread_id == case.thread_id
    assert case.orders.get().quote_id == order.quote_id and left(case.customer_id)["credit"] == 14


def test_offered_again_it_is_a_new_version_of_the_quote(contract, contact, engineer):
    """QUO-3"""
    case = classified(contact, engineer, "general")
    for credits in (6, 4):
        commands.propose_order(case, description="x", needs=[Need("general_quote", credits)], delivery_on=NOON.date(), key=key(), actor=engineer, at=NOON)
    quote = Quote.objects.get()
    assert quote.shown == 2 and [o.state for o in case.orders.order_by("pk")] == ["replaced", "proposed"]


def test_a_quote_presented_elsewhere_waits_in_its_case(contract, contact, engineer, deliver, facts):
    """QUO-1, CHG-1"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    deliver()
    case = fresh(case)
    assert (case.state, case.kind, case.thread.queue) == ("classified", "development", "consent") and open_promises(case.subject) == []
    assert case.orders.get().quote_id == quote.pk and facts(case).count("case.order_proposed") == 1


def test_a_quote_accepted_elsewhere_puts_its_case_into_attention(contract, contact, engineer, deliver, facts):
    """CHG-3, QUO-5"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    quotations.accept_quote(quote, seen=1, actor=contact, at=NOON)  # before the case has heard of the quote at all
    deliver()
    case = fresh(case)
    assert (case.state, case.told, case.consent_by) == ("attention", {"credit": 6}, contact.name)
    assert left(case.customer_id)["credit"] == 14 and facts(case).count("case.order_accepted") == 1
    assert case.charge_id == ServiceOrder.objects.get().charge_id


def test_accepted_in_the_case_and_elsewhere_at_once_is_one_order(contract, contact, member, engineer, deliver):
    """CHG-10"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    quotations.accept_quote(quote, seen=1, actor=member, at=NOON)
    commands.accept_order(fresh(case), seen=case.orders.get().pk, actor=contact, at=NOON)
    deliver()
    assert left(case.customer_id)["credit"] == 14 and ServiceOrder.objects.count() == 1 and fresh(case).state == "attention"


@pytest.mark.parametrize("how", ["rejected", "change_asked", "expired", "withdrawn"])
def test_a_quote_that_ended_or_is_to_be_changed_waits_for_us(contract, contact, engineer, deliver, how):
    """QUO-3"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    match how:
        case "rejected":
            quotations.reject_quote(quote, seen=1, actor=contact, at=NOON)
        case "change_asked":
            quotations.ask_change(quote, "Más barato", seen=1, key=key(), actor=contact, at=NOON)
        case "expired":
            quotations.expire_due(at=quote.valid_until)
        case "withdrawn":
            quotations.withdraw_quote(quote, reason="Se hará de otro modo.", actor=engineer, at=NOON)
    deliver(quote.valid_until)
    found = fresh(case_of(quote))
    assert found.state == "classified" and found.thread.queue == "answer" and not found.orders.filter(state="proposed").exists()


def case_of(quote):
    from amparo.cases.models import Case

    return Case.objects.get(thread=quote.thread)


def test_an_order_that_is_cancelled_lets_its_case_wait_for_another_quote(contract, contact, engineer, deliver):
    """CHG-3"""
    case = ordered(contact, engineer, "development", credits=6)
    deliver()
    quotations.cancel_order(ServiceOrder.objects.get(), actor=contact, at=NOON)
    deliver()
    case = fresh(case)
    assert (case.state, case.charge_id, case.thread.queue) == ("classified", None, "answer") and left(case.customer_id)["credit"] == 20
    quoted(case, engineer, 3)
    deliver()
    commands.accept_order(fresh(case), seen=case.orders.get(state="proposed").pk, actor=contact, at=NOON)
    assert fresh(case).state == "attention" and left(case.customer_id)["credit"] == 17


def test_a_case_whose_quote_was_accepted_meanwhile_is_not_withdrawn(contract, contact, engineer, deliver):
    """CAS-3: development and general may end as withdrawn before their order is accepted."""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    quotations.accept_quote(quote, seen=1, actor=contact, at=NOON)  # the case has not heard of it yet
    for act in (
        lambda: commands.withdraw(fresh(case), actor=contact, at=NOON),
        lambda: commands.classify(fresh(case), kind="incident", explanation="x", key=key(), actor=engineer, at=NOON),
    ):
        with pytest.raises(OrderAccepted):
            act()
    assert fresh(case).state == "classified"


def test_a_case_that_is_withdrawn_takes_its_quotes_back(contract, contact, engineer, deliver):
    """CAS-3, QUO-3"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    commands.withdraw(fresh(case), actor=contact, at=NOON)
    with pytest.raises(QuoteDecided):
        quotations.accept_quote(quote, seen=1, actor=contact, at=NOON)


def test_what_was_delivered_is_finished_with_the_closing_and_a_further_quote_stands_in_it(contract, contact, engineer, deliver):
    """CAS-3, CAS-4, CAS-6, CHG-7"""
    case = ordered(contact, engineer, "development", credits=6)
    deliver()
    first = ServiceOrder.objects.get()
    quotations.deliver(first, "Listo", key="d", actor=engineer, at=NOON)
    quotations.accept_delivery(first, seen=1, actor=contact, at=NOON)
    change = quotations.draft_quote(case.thread, kind="development", title="Otra columna", content=content(3), key="c",
                                    changes_order=ServiceOrder.objects.get(), actor=engineer, at=NOON)  # fmt: skip
    quotations.present_quote(change, actor=engineer, at=NOON)
    second = quotations.accept_quote(change, seen=1, actor=contact, at=NOON)
    deliver()
    assert fresh(case).state == "attention" and fresh(case).charge_id == first.charge_id
    closing = proposed(fresh(case), engineer, "delivered")
    assert [(one["amounts"], one["effect"]) for one in closing_of(closing).effects] == [({"credit": 6}, "keep"), ({"credit": 3}, "keep")]
    second.refresh_from_db()
    assert second.state == "delivered" and promises_of(second)[0].state == "kept"
    accepted(closing, contact)
    second.refresh_from_db()
    assert second.ended_how == "case_closed" and left(case.customer_id)["credit"] == 11


def test_a_standard_service_opens_its_case_with_its_quote(contract, contact, administrator, facts, deliver):
    """QUO-2, CHG-2"""
    terms = Terms((Parameter("terminals", "count", 1, 50, 4, "Terminales", "Terminals"),), "formula", formula="2 * terminals", days="3")
    version = quotations.add_item("general", texts={"name_es": "Terminales"}, terms=terms, actor=administrator, at=NOON)
    version = quotations.publish_version(version, actor=administrator, at=NOON)
    quote = commands.quote_service(version, {"terminals": "5"}, key="k", actor=contact, at=NOON)
    assert commands.quote_service(version, {"terminals": "5"}, key="k", actor=contact, at=NOON) == quote
    deliver()
    case = case_of(quote)
    assert (case.state, case.kind, case.thread.queue) == ("classified", "general", "consent") and Order.objects.count() == 1
    assert left(case.customer_id) == {"event": 5, "incident": 3, "credit": 20} and open_promises(case.subject) == []
    commands.accept_order(case, seen=Order.objects.get().pk, actor=contact, at=NOON)
    assert left(case.customer_id)["credit"] == 10


def test_a_case_that_closes_takes_back_what_is_still_quoted_in_it(contract, contact, engineer, deliver):
    """QUO-3, CHG-3, CAS-3: nobody orders in a case that is over, where nothing would ever settle what it reserves."""
    case = ordered(contact, engineer, credits=6)
    further = quoted(case, engineer, 3, "general")
    case = proposed(fresh(case), engineer, "service_completed")
    commands.accept_closing(case, seen=closing_of(case).pk, actor=contact, at=NOON)
    deliver()
    with pytest.raises(QuoteDecided):
        quotations.accept_quote(further, seen=1, actor=contact, at=NOON)
    further.refresh_from_db()
    assert further.state == "withdrawn" and fresh(case).state == "closed" and left(case.customer_id)["credit"] == 14


def test_an_order_that_costs_nothing_is_cancelled_as_any_other(contract, contact, engineer):
    """PRO-1, CHG-3"""
    promote(scope="services", value=100, uses_max=1)
    case = asked(contact, kind="development")
    order = quotations.accept_quote(quoted(case, engineer), seen=1, actor=contact, at=NOON)
    assert order.told == {} and left(case.customer_id)["credit"] == 20
    assert quotations.cancel_order(order, actor=contact, at=NOON).state == "cancelled"
    assert quotations.accept_quote(quoted(case, engineer), seen=1, actor=contact, at=NOON).told == {}, "its use is free again"


def test_what_a_further_order_reserves_goes_over_to_the_case_that_gives_the_service_again(contract, contact, engineer, quality, deliver):
    """COM-4, CHG-4: nobody forgets an incident that an installation ordered beside the first service has reserved."""
    case = ordered(contact, engineer, credits=6)
    beside = Content((Line("Instalar el servidor", 1, code="install_server"),), 2, "Instalación.")
    quote = quotations.draft_quote(case.thread, kind="general", title="Instalar", content=beside, key=key(), actor=engineer, at=NOON)
    order = quotations.accept_quote(quotations.present_quote(quote, actor=engineer, at=NOON), seen=1, actor=contact, at=NOON)
    assert reserved(case.customer_id)["incident"] == 1
    deliver()
    case = proposed(fresh(case), engineer, "service_completed")
    closing = closing_of(case)
    commands.refuse_closing(case, seen=closing.pk, reasons="No.", complaint=7, decide_by=NOON, actor=contact, at=NOON)
    again = commands.close_for_customer(case, how="upheld", back={}, again=True, actor=quality, at=NOON)
    commands.accept_closing(proposed(again, engineer, "service_completed"), seen=closing_of(again).pk, actor=contact, at=NOON)
    order.charge.refresh_from_db()
    assert order.charge.state == "final" and reserved(case.customer_id)["incident"] == 0 and left(case.customer_id)["incident"] == 2


def test_a_quote_and_a_delivery_wait_for_their_own_customer(contract, contact, own_only, other_contact, engineer, deliver):
    """QUO-3, QUO-5, ACC-11"""
    case = asked(contact, kind="development")
    quote = quoted(case, engineer)
    deliver()
    waits = [(one.what, one.number, one.told) for one in needs_me(contact)]
    assert waits == [("quote", quote.number, {"credit": 6})] and needs_me(own_only) == [] == needs_me(other_contact)
    order = quotations.accept_quote(quote, seen=1, actor=contact, at=NOON)
    deliver()
    assert needs_me(contact) == []
    quotations.deliver(order, "Instalado.", key=key(), actor=engineer, at=NOON)
    assert [(one.what, one.number) for one in needs_me(contact)] == [("delivery", order.number)]
    assert needs_me(own_only) == [] == needs_me(other_contact)


def test_an_order_is_not_cancelled_while_a_complaint_is_reviewed(contract, contact, engineer):
    """COM-1: what it reserved stays as it is until the ruling."""
    case = ordered(contact, engineer, credits=6)
    case = proposed(fresh(case), engineer, "service_completed")
    beside = Content((Line("Instalar el servidor", 1, code="install_server"),), 2, "Instalación.")
    quote = quotations.draft_quote(case.thread, kind="general", title="Instalar", content=beside, key=key(), actor=engineer, at=NOON)
    order = quotations.accept_quote(quotations.present_quote(quote, actor=engineer, at=NOON), seen=1, actor=contact, at=NOON)
    commands.refuse_closing(
        fresh(case), seen=closing_of(case).pk, reasons="No.", complaint=7, decide_by=NOON, actor=contact, at=NOON
    )
    for actor in (contact, engineer):
        with pytest.raises(InDispute):
            quotations.cancel_order(order, actor=actor, at=NOON)
    assert reserved(case.customer_id)["incident"] == 1
