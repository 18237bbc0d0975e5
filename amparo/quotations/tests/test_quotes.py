"""Quotes: presented before anything is done, decided by the customer alone, once. QUO-1, QUO-3, CHG-2, CHG-3, CHG-9."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from amparo.charging.commands import draft_tariff, publish_tariff, revise_tariff
from amparo.charging.models import Charge
from amparo.conftest import NOON
from amparo.contracts.errors import NoStanding
from amparo.deadlines.queries import open_promises
from amparo.kernel.machine import IllegalMove
from amparo.kernel.refusals import NotPermitted, Stale
from amparo.quotations import commands, queries
from amparo.quotations.errors import (
    DaysInvalid,
    LineInvalid,
    MatterInvalid,
    NothingToCharge,
    QuoteDecided,
    QuoteExpired,
    QuoteReplaced,
    TextMissing,
    TravelInvalid,
    UnitsMissing,
    ValidityInvalid,
)
from amparo.quotations.models import Quote, QuoteVersion, ServiceOrder
from amparo.quotations.rules.quotes import Line, Travel, compare_lines, line_from, travel_from
from amparo.threads import commands as threads

from .world import DAY, card_for, content, contract_for, drafted, fresh, key, left, presented, thread_for


def test_a_draft_is_nothing_to_the_customer_until_it_is_presented(contract, contact, engineer, facts):
    """QUO-1"""
    quote = drafted(contact, engineer)
    assert queries.quote_page(contact, quote.pk, at=NOON) is None and not Charge.objects.exists()
    commands.present_quote(quote, actor=engineer, at=NOON)
    page = queries.quote_page(contact, quote.pk, at=NOON)
    assert page is not None and page.price is not None and page.price.cost == [("credit", 6)]
    assert facts(quote) == ["quote.drafted", "quote.presented"] and open_promises(quote.thread.subject) == []


def test_asking_and_quoting_consume_nothing(contract, contact, engineer):
    """CHG-2"""
    presented(contact, engineer)
    assert left(contact.customer_id) == {"event": 5, "incident": 3, "credit": 20}


def test_accepting_charges_in_advance_and_makes_the_order(contract, contact, engineer, facts):
    """CHG-3, QUO-5, CHG-8"""
    quote = presented(contact, engineer)
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert left(contact.customer_id)["credit"] == 14 and order.charge.state == "final" and order.told == {"credit": 6}
    assert facts(quote)[-1] == "quote.accepted" and "order.accepted" in facts(order)
    assert [p.kind_code for p in open_promises(order.subject)] == ["delivery"] and order.due_at == open_promises(order.subject)[0].due_at
    assert "charge.consented" in facts(quote.thread.subject) and order.charge.alternatives == []


def test_an_installation_is_reserved_and_not_charged_in_advance(contract, contact, engineer):
    """CHG-4, TAR-2"""
    lines = (Line("Instalar el servidor", 1, code="install_server"), Line("Terminales", 2, code="further_terminal"))
    order = commands.accept_quote(presented(contact, engineer, *lines, kind="general"), seen=1, actor=contact, at=NOON)
    assert order.charge.state == "reserved" and order.told == {"incident": 1, "credit": 2}


def test_without_enough_credits_it_says_how_many_and_leads_to_a_card_and_back(contract, contact, engineer):
    """CHG-3"""
    quote = presented(contact, engineer, Line("Reporte", 1, 26))
    with pytest.raises(UnitsMissing) as refused:
        commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert refused.value.context["missing"] == 6 and "6" in str(refused.value)
    assert any(f"/quotations/{quote.pk}/" in remedy.url and "redeem" in remedy.url for remedy in refused.value.remedies)
    assert fresh(quote).state == "presented" and left(contact.customer_id)["credit"] == 20 and not ServiceOrder.objects.exists()
    card_for(contact.customer_id, 10)
    price = queries.quote_page(contact, quote.pk, at=NOON).price
    order = commands.accept_quote(quote, seen=1, price=price.seen, actor=contact, at=NOON)
    assert left(contact.customer_id)["credit"] == 4 and order.told == {"credit": 26}


def test_accepting_twice_is_one_order(contract, contact, member, engineer):
    """CHG-10"""
    quote = presented(contact, engineer)
    first = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert commands.accept_quote(quote, seen=1, actor=member, at=NOON) == first
    assert left(contact.customer_id)["credit"] == 14 and ServiceOrder.objects.count() == 1


def test_to_the_second_of_its_end_it_is_accepted_and_from_it_refused(contract, contact, engineer):
    """QUO-3: accepted in the second it expires, one outcome."""
    until = presented(contact, engineer).valid_until
    assert until.astimezone(NOON.tzinfo).isoformat() == "2026-11-27T06:00:00+00:00"  # midnight after the fifteenth day
    late = presented(contact, engineer)
    with pytest.raises(QuoteExpired) as refused:
        commands.accept_quote(late, seen=1, actor=contact, at=until)
    assert "Nothing was charged" in str(refused.value) or "No se cobró" in str(refused.value)
    timely = presented(contact, engineer)
    assert commands.accept_quote(timely, seen=1, actor=contact, at=until - timedelta(microseconds=1)).state == "accepted"
    assert commands.expire_due(at=until) == 2 and commands.expire_due(at=until) == 0
    assert fresh(timely).state == "accepted" and fresh(late).state == "expired"
    with pytest.raises(QuoteExpired):
        commands.accept_quote(late, seen=1, actor=contact, at=until)


def test_expiry_is_effective_at_its_own_moment_however_late_it_is_noticed(contract, contact, engineer):
    """QUO-3"""
    from amparo.history.queries import facts as facts_of

    quote = presented(contact, engineer)
    commands.expire_due(at=quote.valid_until + 9 * DAY)
    fact = facts_of(quote.subject)[-1]
    assert fact.name == "quote.expired" and fact.at == quote.valid_until and fresh(quote.versions.get().charge).state == "withdrawn"


def test_an_expired_quote_is_asked_to_be_renewed_and_presented_again(contract, contact, engineer):
    """QUO-3"""
    quote = presented(contact, engineer)
    later = quote.valid_until + DAY
    commands.expire_due(at=later)
    commands.ask_change(quote, "¿Puede renovarla?", seen=1, key=key(), actor=contact, at=later)
    commands.revise_quote(quote, content(), actor=engineer, at=later)
    again = commands.present_quote(quote, actor=engineer, at=later)
    assert again.shown == 2 and again.is_valid(later)
    with pytest.raises(QuoteReplaced):
        commands.accept_quote(quote, seen=1, actor=contact, at=later)
    commands.accept_quote(quote, seen=2, actor=contact, at=later)


def test_a_quote_keeps_its_tariff_while_it_is_valid(contract, contact, engineer, administrator):
    """QUO-3, TAR-1: accepted after its tariff changed, it charges what it said, by the tariff that it names."""
    hours = Line("Horas de servicio técnico", 2, code="technical_hour")
    quote = presented(contact, engineer, hours)
    draft = draft_tariff(actor=administrator, at=NOON)
    revise_tariff(draft, {"technical_hour": 9}, actor=administrator, at=NOON)
    publish_tariff(draft, starts_at=NOON + DAY, actor=administrator, at=NOON)
    later = NOON + 2 * DAY
    assert queries.quote_page(contact, quote.pk, at=later).price.cost == [("credit", 8)]
    order = commands.accept_quote(quote, seen=1, actor=contact, at=later)
    assert order.told == {"credit": 8} and order.charge.tariff_version == 1 and left(contact.customer_id, later)["credit"] == 12
    assert presented(contact, engineer, hours, at=later).versions.get().told == {"credit": 18}


def test_asking_for_a_change_brings_a_new_version_and_the_old_one_counts_no_more(contract, contact, engineer, facts):
    """QUO-3"""
    quote = presented(contact, engineer, Line("Reporte", 1, 6, mark="a"), Line("Capacitación", 2, 4, mark="b"))
    commands.ask_change(quote, "Sin la capacitación, por favor.", seen=1, key="x", actor=contact, at=NOON)
    commands.ask_change(quote, "Sin la capacitación, por favor.", seen=1, key="x", actor=contact, at=NOON)
    entries = list(quote.thread.entries.order_by("seq"))
    assert [entry.author_kind for entry in entries] == ["customer", "customer"] and "Sin la capacitación" in entries[1].body
    assert fresh(quote.thread).queue == "answer" and open_promises(quote.thread.subject)
    with pytest.raises(IllegalMove):
        commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    commands.revise_quote(quote, content(Line("Reporte", 1, 5, mark="a"), Line("Gráfica", 1, 2)), actor=engineer, at=NOON)
    commands.present_quote(quote, actor=engineer, at=NOON)
    page = queries.quote_page(contact, quote.pk, at=NOON)
    assert [(c.how, (c.line or c.before).text) for c in page.changes()] == [("changed", "Reporte"), ("added", "Gráfica"), ("removed", "Capacitación")]
    order = commands.accept_quote(quote, seen=2, actor=contact, at=NOON)
    assert order.told == {"credit": 7} and left(contact.customer_id)["credit"] == 13
    assert facts(quote) == ["quote.drafted", "quote.presented", "quote.change_asked", "quote.revised", "quote.presented", "quote.accepted"]


def test_a_version_that_is_being_written_does_not_disturb_the_one_shown(contract, contact, engineer):
    """QUO-3"""
    quote = presented(contact, engineer)
    commands.revise_quote(quote, content(Line("Otro", 1, 18)), actor=engineer, at=NOON)
    page = queries.quote_page(contact, quote.pk, at=NOON)
    assert page.draft is None and len(page.versions) == 1 and page.shown.number == 1
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert order.told == {"credit": 6} and QuoteVersion.objects.filter(quote=quote).count() == 1


def test_rejecting_charges_nothing_and_decides(contract, contact, engineer):
    """QUO-3"""
    quote = presented(contact, engineer)
    commands.reject_quote(quote, seen=1, reason="Muy caro.", actor=contact, at=NOON)
    assert fresh(quote).state == "rejected" and fresh(quote).words == "Muy caro." and left(contact.customer_id)["credit"] == 20
    for act in (
        lambda: commands.accept_quote(quote, seen=1, actor=contact, at=NOON),
        lambda: commands.withdraw_quote(quote, reason="Otra vez.", actor=engineer, at=NOON),
        lambda: commands.ask_change(quote, "x", seen=1, key=key(), actor=contact, at=NOON),
    ):
        with pytest.raises(QuoteDecided):
            act()


def test_staff_withdraw_what_is_not_decided(contract, contact, engineer):
    """QUO-3"""
    quote = presented(contact, engineer)
    commands.withdraw_quote(quote, reason="Cambió el alcance.", actor=engineer, at=NOON)
    with pytest.raises(QuoteDecided):
        commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    with pytest.raises(QuoteDecided):
        commands.reject_quote(quote, seen=1, actor=contact, at=NOON)
    assert fresh(quote.versions.get().charge).state == "withdrawn"


def test_what_cannot_be_done_is_answered_with_what_can(contract, contact, engineer, administrator):
    """QUO-6: only the customer says no; staff who take a quote back say what can be done, and the request stays open."""
    quote = presented(contact, engineer)
    for words in ("", "   "):
        with pytest.raises(TextMissing):
            commands.withdraw_quote(quote, reason=words, actor=engineer, at=NOON)
    for actor in (engineer, administrator):
        with pytest.raises(NotPermitted):
            commands.reject_quote(quote, seen=1, reason="Eso no lo hacemos.", actor=actor, at=NOON)
    assert fresh(quote).state == "presented"
    commands.withdraw_quote(quote, reason="Así no se puede; por intervalos sí, en 4 créditos.", actor=engineer, at=NOON)
    assert fresh(quote).words.startswith("Así no se puede; por intervalos sí")
    assert fresh(quote).thread.queue != "closed"
    anew = presented(contact, engineer)
    assert fresh(anew).state == "presented"


def test_only_the_customer_decides_and_only_staff_present(contract, contact, own_only, other_contact, engineer, quality, administrator):
    """QUO-1, CHG-3, ACC-11"""
    quote = presented(contact, engineer)
    for actor in (engineer, administrator, other_contact, own_only):
        with pytest.raises(NotPermitted):
            commands.accept_quote(quote, seen=1, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.reject_quote(quote, seen=1, actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.ask_change(quote, "x", seen=1, key=key(), actor=actor, at=NOON)
    for actor in (contact, other_contact, quality):
        with pytest.raises(NotPermitted):
            commands.revise_quote(quote, content(), actor=actor, at=NOON)
        with pytest.raises(NotPermitted):
            commands.present_quote(quote, actor=actor, at=NOON)


def test_without_a_contract_in_force_it_is_not_accepted(contact, engineer):
    """ACC-8, ACC-9"""
    contract_for(contact.customer_id, months=1)
    quote = presented(contact, engineer, valid_days=90)
    with pytest.raises(NoStanding):
        commands.accept_quote(quote, seen=1, actor=contact, at=NOON + 60 * DAY)
    assert fresh(quote).state == "presented"


def test_travel_expenses_are_money_and_never_credits(contract, contact, engineer):
    """CHG-9"""
    quote = presented(contact, engineer, travel=travel_from("850.5", "MXN", "viaje a Toluca"))
    version = quote.versions.get()
    assert version.travel_amount == Decimal("850.50") and version.told == {"credit": 6}
    order = commands.accept_quote(quote, seen=1, actor=contact, at=NOON)
    assert order.told == {"credit": 6} and left(contact.customer_id)["credit"] == 14
    for wrong in (("x", "MXN"), ("-1", "MXN"), ("10", "XXX"), ("1e99", "MXN"), ("NaN", "MXN")):
        with pytest.raises(TravelInvalid):
            travel_from(*wrong, "")
    assert travel_from("", "MXN", "") == Travel()


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"business_days": 0}, DaysInvalid), ({"business_days": 1501}, DaysInvalid), ({"valid_days": 0}, ValidityInvalid),
        ({"valid_days": 181}, ValidityInvalid),
    ],
)  # fmt: skip
def test_a_version_that_cannot_be_is_refused(contract, contact, engineer, change, refusal):
    """QUO-3"""
    with pytest.raises(refusal):
        drafted(contact, engineer, **change)


@pytest.mark.parametrize("line", [{"text": ""}, {"text": "x", "quantity": 0, "credits": -1}, {"text": "x", "credits": 10**9}, {"text": "x", "code": "gold"},
                                  {"text": "x", "code": "incident", "credits": 3}, {"text": "x", "credits": "dos"}, {"text": "x", "quantity": 10**6, "credits": 1},
                                  {"text": "x", "credits": 1, "participants": 3}])  # fmt: skip
def test_a_line_that_cannot_be_is_refused(line):
    """QUO-3"""
    with pytest.raises(LineInvalid):
        line_from(line)


def test_a_quote_of_nothing_is_not_presented(contract, contact, engineer):
    """QUO-3"""
    quote = drafted(contact, engineer, Line("Sin costo", 1, 0))
    with pytest.raises(NothingToCharge):
        commands.present_quote(quote, actor=engineer, at=NOON)
    assert fresh(quote).state == "draft"


def test_two_writers_do_not_overwrite_each_other(contract, contact, engineer, developer):
    """SEC-49"""
    quote = drafted(contact, engineer)
    commands.revise_quote(quote, content(), seen=0, actor=engineer, at=NOON)
    with pytest.raises(Stale):
        commands.revise_quote(quote, content(), seen=0, actor=developer, at=NOON)
    with pytest.raises(Stale):
        commands.present_quote(quote, seen=0, actor=developer, at=NOON)


def test_a_quote_belongs_to_a_case_that_is_not_closed(contract, contact, engineer):
    """QUO-3"""
    thread = thread_for(contact)
    with pytest.raises(TextMissing):
        commands.draft_quote(thread, kind="general", title=" ", content=content(), key=key(), actor=engineer, at=NOON)
    threads.place(thread, state="closed", queue="closed", at=NOON)
    with pytest.raises(MatterInvalid):
        drafted(contact, engineer, thread=thread)


def test_it_is_reminded_of_once_before_it_expires(contract, contact, engineer, facts):
    """QUO-3"""
    quote = presented(contact, engineer)
    assert commands.remind_due(at=NOON) == 0
    near = quote.valid_until - 2 * DAY
    assert commands.remind_due(at=near) == 1 and commands.remind_due(at=near) == 0 and facts(quote)[-1] == "quote.expiring"


def test_what_was_presented_never_changes(contract, contact, engineer):
    """CAS-1, QUO-3"""
    quote = presented(contact, engineer)
    for act in (
        lambda: QuoteVersion.objects.filter(quote=quote).update(terms="otra cosa"),
        lambda: QuoteVersion.objects.filter(quote=quote).delete(),
        lambda: Quote.objects.filter(pk=quote.pk).update(kind="general"),
        lambda: Quote.objects.filter(pk=quote.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    commands.reject_quote(quote, seen=1, actor=contact, at=NOON)
    with pytest.raises(DatabaseError), transaction.atomic():
        Quote.objects.filter(pk=quote.pk).update(state="presented")


def test_lines_are_known_again_by_their_marks():
    """QUO-3"""
    before = (Line("a", 1, 1, mark="1"), Line("b", 1, 1, mark="2"))
    after = (Line("b", 2, 1, mark="2"), Line("c", 1, 1, mark="3"))
    assert [(c.how, c.line and c.line.text) for c in compare_lines(before, after)] == [("changed", "b"), ("added", "c"), ("removed", None)]


def test_the_record_of_a_case_names_its_quotes_and_orders(contract, contact, engineer):
    """CAS-7"""
    thread = thread_for(contact)
    order = commands.accept_quote(presented(contact, engineer, thread=thread), seen=1, actor=contact, at=NOON)
    drafted(contact, engineer, thread=thread)
    found = queries.record_of(thread.subject)
    assert found.subjects == [order.quote.subject, order.subject] and found.quotes[0]["versions"][0]["told"] == {"credit": 6}
